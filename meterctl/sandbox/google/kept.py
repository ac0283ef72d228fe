"""Things on a sheet that are stored and shown as they came, under an id of their own."""

from __future__ import annotations

from typing import Any

from meterctl.sandbox.google.attached import find, plain
from meterctl.sandbox.google.book import Tab
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import invalid
from meterctl.sandbox.google.looks import twinned, twinned_mask
from meterctl.sandbox.google.masks import ALL, merge
from meterctl.sandbox.google.requests_cells import fields

Json = dict[str, Any]


class Kept:
    """One kind of them."""

    def __init__(self, name: str, kind: str, id_name: str, under: str) -> None:
        self.name = name  # as the request spells it
        self.kind = kind  # Google's type
        self.id_name = id_name
        self.under = under  # as the sheet spells it

    def store(self, edit: Edit, tab: Tab, given: Json) -> Json:
        """Put one on a sheet; as it is kept.

        Raises:
            ApiError: its id is taken.
        """
        chosen = given.get(self.id_name)
        if chosen and find(edit.book, self.under, self.id_name, chosen):
            raise invalid(f"A {self.name} with id: {chosen} already exists.")
        made: int | str = chosen or edit.book.new_id()
        made = str(made) if self.id_name == "tableId" else made
        kept = {self.id_name: made} | plain(twinned(given)) | {self.id_name: made}
        tab.others.setdefault(self.under, []).append(kept)
        return kept

    def update(self, edit: Edit, asked: Json) -> None:
        """Change what the mask names."""
        mask = twinned_mask(fields(asked, self.kind))
        given = plain(twinned(asked.get(self.name, {})))
        some, at = self.place(edit, given.get(self.id_name))
        own = {self.id_name: some[at][self.id_name]}
        some[at] = own | merge(some[at], given, mask or ALL) | own

    def delete(self, edit: Edit, asked: Json) -> None:
        """Forget one."""
        some, at = self.place(edit, asked.get(self.id_name, asked.get("filterId")))
        del some[at]

    def place(self, edit: Edit, wanted: object) -> tuple[list[Json], int]:
        """Where one is kept.

        Raises:
            ApiError: there is none.
        """
        found = find(edit.book, self.under, self.id_name, wanted)
        if found is None:
            raise invalid(f"No {self.name} with id: {wanted}")
        tab, at = found
        return tab.others[self.under], at
