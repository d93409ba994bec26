"""The manual pages, made from the declarations of the keys and from the sub-commands."""
