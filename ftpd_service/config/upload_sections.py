"""The declarations of ``uploads``, in general and of accounts, groups and folders.

A key in `UploadKeys` may stand in all these sections: its ``to`` names a field of `UploadPolicy`.  Below accounts,
groups and folders no key has a default, because only the given keys count there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import BeforeValidator, create_model
from pydantic.fields import FieldInfo

from ftpd_service.config import forms
from ftpd_service.config.forms import choice, member
from ftpd_service.config.section import Section, absent, extra, key
from ftpd_service.upload_policy import GivenUploads, GradeAction, UploadMode

_POLICY = "storage.uploads."
"""The place of the policy in the settings."""


Action = Annotated[GradeAction, member(GradeAction), choice(GradeAction)]


class GradesSection(Section):
    """The treatment of uploads by their grade."""

    likely: Action = key(
        "keep",
        "Uploads in clear that ended in order, without a proof that all bytes have come. ``discard``: the former file "
        "stays, and the client gets 451, so that only uploads that are proved are taken. ``quarantine``: the former "
        "file stays, the upload ends in the directory ``quarantine``, and the client gets 226.",
        to=f"{_POLICY}if_likely",
    )
    doubtful: Action = key(
        "keep",
        "Uploads that ended without close_notify on a TLS connection, that have fewer bytes than ALLO announced, or "
        "that are shorter than the file that they replace, without a proof. ``discard``: the former file stays, and "
        "the client gets 426 or 451. An upload in place cannot be taken back: its bytes stay. ``quarantine``: as for "
        "``likely``; a file that was written in place is moved there as a whole.",
        to=f"{_POLICY}if_doubtful",
    )
    aborted: Action = key(
        "discard",
        "Broken uploads, which are always answered with an error. ``discard``: they are removed. ``quarantine``: the "
        "bytes that have come end in the directory ``quarantine``. ``keep``, only with a ``mode`` in which the bytes "
        "that have come can stay: they stay. APPE and uploads after REST cannot be taken back, and neither can "
        "``mode: in-place`` with ``discard``: their bytes stay.",
        to=f"{_POLICY}if_aborted",
    )


class UploadKeys(Section):
    """The keys that may stand in every section of uploads."""

    mode: Annotated[UploadMode, member(UploadMode), choice(UploadMode)] = key(
        "atomic",
        "``atomic``: a file appears under its name only when it is complete, and a broken upload leaves no trace. "
        "``in-place``: a file is written under its name from the first byte, and a broken upload can be resumed. "
        "``resumable``: as ``atomic``, but a broken upload of a new file stays hidden, and its account can resume it.",
        to=f"{_POLICY}mode",
    )
    durable: forms.Boolean = key(
        False,
        "Whether a file and its name are on the disk (fsync) before the reply 226, so that they outlive a power "
        "failure; directories that MKD makes, and renames, before 257 and 250. docs/performance.rst has the cost.",
        to=f"{_POLICY}durable",
    )
    resume_for: forms.Duration = key(
        "24h",
        "How long a broken upload is kept after its last byte, so that its account can resume it. Only with ``mode: "
        "resumable``.",
        to=f"{_POLICY}resume_seconds",
    )
    keep_versions: forms.CountOrZero = key(
        0,
        "How many former files are kept of each file that an upload replaces, in a directory ``.versions`` beside it. "
        "The oldest is removed. They count in a quota: docs/uploads.rst.",
        to=f"{_POLICY}keep_versions",
    )
    lock_readers: forms.Boolean = key(
        False,
        "Whether a file is not read (450) while an upload changes it in place: APPE, an upload behind REST, and STOR "
        "with ``mode: in-place``. A download that began before goes on.",
        to=f"{_POLICY}lock_readers",
    )
    chmod_mask: forms.ChmodMask = key(
        "777",
        "Permission bits that clients may set by SITE CHMOD and MFF; other bits are cleared. ``000`` refuses both.",
        to=f"{_POLICY}chmod_mask",
        example='"750"',
    )
    grades: Annotated[GradesSection, BeforeValidator(absent)] = key(
        {},
        "The treatment of uploads by the certainty that all bytes have come: docs/uploads.rst. Uploads that are proved "
        "are always kept.",
    )
    quarantine: forms.FilePathOrNull = key(
        None,
        "The directory of this host for uploads that are put into quarantine, outside of all homes and folders. Each "
        "account has a directory of its own there, which only the service may enter: docs/uploads.rst.",
        to=f"{_POLICY}quarantine",
        example="/var/lib/ftpd/quarantine",
    )
    quarantine_size: forms.OwnSize = key(
        "1GiB",
        "The most bytes of an account in the quarantine, where a small file counts as 4 KiB. An upload beyond that "
        "is refused (552), and nothing of it is kept.",
        to=f"{_POLICY}quarantine_bytes",
    )


class UploadsSection(UploadKeys):
    """The way in which uploads are written."""

    umask: forms.Umask = key("027", "Permission bits that new files and directories do not get.", to="storage.umask")
    hidden_prefix: forms.HiddenPrefix = key(
        ".ftpd-",
        "The beginning of temporary names: a dot and at least three more characters. Clients cannot see or name files "
        "whose names begin with this prefix.",
        to="storage.hidden_prefix",
    )


def given_uploads(section: UploadKeys) -> GivenUploads:
    """Return the fields of the policy that a section gives; null counts as given."""
    return tuple(_given(section))


def _given(section: Section) -> Iterator[tuple[str, object]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _given(value)
        elif name in section.model_fields_set:
            yield extra(field, "to").removeprefix(_POLICY), value


def _own(section: type[Section], place: str, name: str) -> Any:  # Any: a class that is made here
    """Return a section with the same keys, none of which has a default."""
    fields = {key: _own_field(field, f"{place}.{key}") for key, field in section.model_fields.items()}
    return create_model(name, __base__=section, __doc__=section.__doc__, __module__=__name__, **fields)


def _own_field(field: FieldInfo, place: str) -> Any:  # Any: pydantic's type of a declaration
    """Return the declaration of a key whose absence leaves the decision to the next section."""
    inside = field.annotation
    if isinstance(inside, type) and issubclass(inside, Section):
        section = _own(inside, place, f"Own{inside.__name__}")
        return Annotated[section, BeforeValidator(absent)], key({}, f"As ``{place}``, key by key.")
    example = extra(field, "example") or forms.plain(field.default)
    declared = key(None, f"As ``{place}``.", to=extra(field, "to"), example=example)
    form: Any = Annotated  # Any: its parts are known at run time only
    parts = (Union[inside, None], *field.metadata)  # noqa: UP007 # `|` needs a type that is known here
    return form[parts], declared


if TYPE_CHECKING:
    OwnUploadsSection = UploadKeys
else:
    OwnUploadsSection = _own(UploadKeys, "uploads", "OwnUploadsSection")

OwnUploads = Annotated[OwnUploadsSection, BeforeValidator(absent)]

OF_ACCOUNT = key(
    {},
    "Keys of ``uploads`` for the account alone, without ``umask`` and ``hidden_prefix``. For each key the folder goes "
    "before the account, the account before its group, then ``account_defaults``, then ``uploads``: docs/uploads.rst.",
)

OF_FOLDER = key({}, "Keys of ``uploads`` for the folder alone; they go before those of the account.")
