"""The accounts' homes, permissions and limits, behind `IAccounts`."""
