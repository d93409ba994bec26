"""Where files are: storages behind `IStorage`."""
