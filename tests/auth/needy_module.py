"""A module of a checker whose library is not installed."""

import nosuch_library  # type: ignore[import-not-found]  # noqa: F401  # it is missing on purpose
