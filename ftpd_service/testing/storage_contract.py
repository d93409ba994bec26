"""The rules for every storage, as a mixin for the tests of the local and the memory storage, of wrappers, and of yours.

::

    class TestMyStorage(StorageContract, twisted.trial.unittest.TestCase):
        def make_storage(self, settings: StorageSettings) -> IStorage:
            return MyStorage(...)

        def put(self, path: str, content: bytes = b"") -> None:
            ...  # and the other methods of contract_ground.StorageGround

The tests are coroutines, so the class must be a `TestCase`, not a SynchronousTestCase, which would never await them.
"""

from __future__ import annotations

from ftpd_service.testing.contract_attributes import AttributesContract
from ftpd_service.testing.contract_changes import ChangesContract
from ftpd_service.testing.contract_inspection import InspectionContract
from ftpd_service.testing.contract_names import NamesContract
from ftpd_service.testing.contract_reading import ReadingContract
from ftpd_service.testing.contract_trees import TreesContract
from ftpd_service.testing.contract_uploads import UploadsContract
from ftpd_service.testing.contract_versions import VersionsContract


class StorageContract(
    ReadingContract,
    ChangesContract,
    UploadsContract,
    NamesContract,
    InspectionContract,
    VersionsContract,
    TreesContract,
    AttributesContract,
):
    """All parts of the contract."""
