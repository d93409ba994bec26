"""What accounts have, behind `IAccounts`."""
