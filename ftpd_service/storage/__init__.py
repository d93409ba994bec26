"""The storages of files, each behind `IStorage`."""
