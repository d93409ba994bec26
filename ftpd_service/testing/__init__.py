"""The test kit: sessions in memory, fakes that provide the interfaces, and the storage contract."""
