"""Take over a list of addresses: first what it would change, line by line, then that.

What was shown is stored, and what was stored is what is applied, in one transaction. A line
whose contact changed in between becomes doubtful and is left alone.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.clock import dutch_date
from outreach.contacts import applying, batches, spreadsheets
from outreach.contacts.columns import Columns, fingerprint, likeness, recognise
from outreach.contacts.columns import arrange as arranged
from outreach.contacts.differing import Grounds
from outreach.contacts.lines import Reader
from outreach.contacts.models import (
    Basis,
    ContactList,
    Function,
    Import,
    ImportFile,
    ImportRow,
    ImportState,
    Outcome,
    RegisterImport,
)
from outreach.contacts.planning import NO_BASIS, Planner
from outreach.contacts.spreadsheets import FOUND, Layout, Sheet
from outreach.db import db
from outreach.errors import Invalid, OutreachError, Refused, Unknown

READ_AT_ONCE = 20_000  #: rows that a person waits for; a longer list is read beside the browser
READING = ImportState.READING
SAMPLED = 200  #: rows from which the samples of a column are taken
SAMPLES = 3

KEPT = timedelta(days=30)  #: how long a file may wait for a person
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:|/]+@[^\s<>()\[\]\"',;|/]+")

#: Called now and then with how many lines are done, of how many.
Progress = Callable[[int, int], None]


def plan(
    filename: str,
    data: bytes,
    *,
    by: Actor,
    now: datetime,
    sender_id: int | None = None,
    list_name: str = "",
    basis: Basis | None = None,
    source: str = "",
    mapping: Mapping[str, str] | None = None,
    function: Function | None = None,
    layout: Layout = FOUND,
    progress: Progress | None = None,
) -> Import:
    """Read a list and store what it would change; change nothing yet.

    :param list_name: the named list that its contacts come on
    :param basis: why its addresses may be mailed, where the list itself does not say
    :param mapping: column → field, for columns with a name of their own
    :param function: of everyone in the list, when it has no column for it
    :param layout: how to read the file, where that is not as it looks
    :raises Invalid: the file as a whole cannot be used
    """
    sheet = spreadsheets.read(filename, data, layout, likeness=_likeness(mapping or {}))
    columns = recognise(sheet.header, mapping, function=function)
    import_ = _begin(filename, sheet, by, now, sender_id, list_name, basis, source)
    _show(import_, sheet, columns, now, progress)
    return import_


def upload(
    filename: str,
    data: bytes,
    *,
    by: Actor,
    now: datetime,
    sender_id: int | None = None,
    list_name: str = "",
    basis: Basis | None = None,
    source: str = "",
) -> Import:
    """Take in a file of which a person may still say what its columns are.

    When they are clear, by their names or because a list with the same header row came
    before, it is `SHOWN` at once; else it waits in `COLUMNS` for `arrange`.

    :raises Invalid: the file as a whole cannot be used
    """
    sheet = spreadsheets.read(filename, data, likeness=likeness)
    import_ = _begin(filename, sheet, by, now, sender_id, list_name, basis, source)
    _keep_file(import_, data, sheet, now)
    earlier = _earlier(import_)
    try:
        columns = _as_chosen(sheet, earlier) if earlier else recognise(sheet.header)
    except Invalid:
        import_.state = ImportState.COLUMNS
        db.session.flush()
        return import_
    import_.mapping = earlier
    _show_or_leave(import_, sheet, columns, now)
    return import_


def look_again(import_: Import, layout: Layout) -> Import:
    """Read a waiting file in another way: another sheet, other letters, another header row.

    :raises Refused: the list is taken over, or thrown away
    :raises Invalid: it cannot be read so
    """
    held = file_of(import_)
    sheet = spreadsheets.read(import_.filename, held.data, layout, likeness=likeness)
    wait(import_)
    _describe(import_, sheet)
    held.preview, held.addresses = _preview(sheet), _addresses(sheet)
    import_.mapping = _earlier(import_)
    db.session.flush()
    return import_


def arrange(
    import_: Import,
    chosen: Mapping[int, str],
    *,
    function: Function | None,
    now: datetime,
) -> Import:
    """Show what a waiting file would change, with its columns as a person chose them.

    :param chosen: column → a `Field`, `columns.ATTRIBUTE` or `columns.SKIP`
    :raises Refused: the list is taken over, or thrown away
    :raises Invalid: a needed field has no column, or a field has two
    """
    sheet = spreadsheets.read(import_.filename, file_of(import_).data, _layout(import_))
    mapping = {
        "fields": {str(index): word for index, word in chosen.items()},
        "function": function.value if function else "",
    }
    columns = _as_chosen(sheet, mapping)
    wait(import_)
    import_.mapping = mapping
    _show_or_leave(import_, sheet, columns, now)
    return import_


def read_next(*, now: datetime, progress: Progress) -> bool:
    """Read the long list that waits longest; whether there was one.

    Nothing of it can be taken over before the end, so what is done may be committed each time
    that `progress` is called; who is stopped halfway begins anew.

    :raises Refused: it was thrown away meanwhile
    :raises Invalid: it can no longer be read; it waits for its columns again
    """
    import_ = db.session.scalars(
        select(Import).where(Import.state == ImportState.READING).order_by(Import.id).limit(1)
    ).first()
    if import_ is None:
        return False
    number = import_.id
    db.session.execute(delete(ImportRow).where(ImportRow.import_id == number))
    try:
        sheet = spreadsheets.read(import_.filename, file_of(import_).data, _layout(import_))
        said = import_.mapping
        columns = _as_chosen(sheet, said) if said else recognise(sheet.header)
    except OutreachError:
        move(import_, ImportState.READING, ImportState.COLUMNS)
        raise

    def tell(done: int, total: int) -> None:
        progress(done, total)
        if db.session.scalar(select(Import.state).where(Import.id == number)) != READING:
            db.session.execute(delete(ImportRow).where(ImportRow.import_id == number))
            raise Refused("Deze lijst is intussen weggegooid.")

    _plan(import_, sheet, columns, now, tell)
    move(import_, ImportState.READING, ImportState.SHOWN)
    return True


def read_so_far(import_: Import) -> tuple[int, int]:
    """How many lines of a long list were read, of how many."""
    done = db.session.scalar(select(func.count()).where(ImportRow.import_id == import_.id)) or 0
    return done, file_of(import_).preview["rows"]


def file_of(import_: Import) -> ImportFile:
    """The file of a list that waits or is shown.

    :raises Refused: it is gone: the list was taken over or thrown away, or waited too long
    """
    held = db.session.get(ImportFile, import_.id)
    if held is None:
        raise Refused("Het bestand van deze lijst is er niet meer. Lees de lijst opnieuw in.")
    return held


def wait(import_: Import) -> None:
    """Go back to the columns of a list that was not taken over; what was shown is gone.

    :raises Refused: it was taken over or thrown away
    """
    if import_.state is not ImportState.COLUMNS:
        move(import_, ImportState.SHOWN, ImportState.COLUMNS)
    db.session.execute(delete(ImportRow).where(ImportRow.import_id == import_.id))


def apply(import_: Import, *, by: Actor, now: datetime, progress: Progress | None = None) -> Import:
    """Do what was shown; lines that no longer hold become doubtful.

    :raises Refused: it was applied or discarded before
    """
    move(import_, ImportState.SHOWN, ImportState.APPLIED, applied_at=now)
    if import_.list_name:
        import_.list_id = _ensure_list(import_, now).id
        db.session.flush()
    counts = _counts(import_)
    total = counts[Outcome.NEW] + counts[Outcome.CHANGED]
    applying.add_new(import_, now)
    done = counts[Outcome.NEW]
    (progress or _quiet)(done, total)
    for rows in applied(import_, Outcome.CHANGED):
        applying.change_known(rows, now)
        done += len(rows)
        (progress or _quiet)(done, total)
    applying.check_unchanged(import_)
    if import_.list_id is not None:
        applying.put_on_list(import_)
    _forget_file(import_)
    db.session.expire_all()  # rows came and changed beside the session
    counts = _counts(import_)
    audit.record(
        "apply import",
        f"import:{import_.id}",
        by=by,
        now=now,
        sender_id=import_.sender_id,
        new=counts[Outcome.NEW],
        changed=counts[Outcome.CHANGED],
    )
    return import_


def find(import_id: int) -> Import:
    """An import by its number.

    :raises Unknown: there is none
    """
    found = db.session.get(Import, import_id)
    if found is None:
        raise Unknown(f"Er is geen ingelezen lijst met nummer {import_id}.")
    return found


def discard(import_: Import, *, by: Actor, now: datetime) -> Import:
    """Throw away what was shown; nothing was changed, nothing of the list is kept.

    :raises Refused: it was applied or discarded before
    """
    waits = import_.state in (ImportState.COLUMNS, ImportState.READING)
    move(import_, import_.state if waits else ImportState.SHOWN, ImportState.DISCARDED)
    db.session.execute(delete(ImportRow).where(ImportRow.import_id == import_.id))
    _forget_file(import_)
    audit.record("discard import", f"import:{import_.id}", by=by, now=now)
    return import_


def summary(import_: Import) -> dict[str, Any]:
    """What an import does or did, in numbers, and the lines that a person must see."""
    counts = _counts(import_)
    without = select(func.count()).where(
        ImportRow.import_id == import_.id, ImportRow.reason.contains(NO_BASIS, autoescape=True)
    )
    return {
        "import_id": import_.id,
        "new": counts[Outcome.NEW],
        "changed": counts[Outcome.CHANGED],
        "unchanged": counts[Outcome.UNCHANGED],
        "doubtful": counts[Outcome.DOUBTFUL],
        "left": counts[Outcome.LEFT],
        "refused": _reasons(import_, Outcome.REFUSED),
        "doubts": _reasons(import_, Outcome.DOUBTFUL),
        "remarks": _reasons(import_, Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED),
        "without_basis": db.session.scalar(without) or 0,
    }


def move(
    import_: Import | RegisterImport,
    old: ImportState,
    new: ImportState,
    *,
    called: str = "Deze lijst",
    **values: Any,
) -> None:
    """Guarded: of two who press at once, one gets the sentence.

    :raises Refused: the import is in another state than `old`
    """
    model = type(import_)
    moved = db.session.scalar(
        update(model)
        .where(model.id == import_.id, model.state == old)
        .values(state=new, **values)
        .returning(model.id)
    )
    db.session.refresh(import_)
    if moved is None:
        was = {
            ImportState.APPLIED: "al overgenomen",
            ImportState.DISCARDED: "weggegooid",
            ImportState.UNDONE: "al ongedaan gemaakt",
            ImportState.READING: "nog niet helemaal gelezen",
            ImportState.COLUMNS: "nog niet gelezen: wijs eerst de kolommen aan",
        }
        raise Refused(f"{called} is {was.get(import_.state, 'nog niet overgenomen')}.")


def applied(import_: Import, *outcomes: Outcome) -> Iterator[Sequence[Any]]:
    """The rows of these kinds in the order they are written, some thousands at a time."""
    rows = select(
        ImportRow.id,
        ImportRow.line,
        ImportRow.outcome,
        ImportRow.gemeente_code,
        ImportRow.contact_id,
        ImportRow.address_id,
        ImportRow.before,
        ImportRow.after,
    ).where(ImportRow.import_id == import_.id, ImportRow.outcome.in_(outcomes))
    last = 0
    while batch := db.session.execute(
        rows.where(ImportRow.id > last).order_by(ImportRow.id).limit(batches.SIZE)
    ).all():
        yield batch
        last = batch[-1].id


def _begin(
    filename: str,
    sheet: Sheet,
    by: Actor,
    now: datetime,
    sender_id: int | None,
    list_name: str,
    basis: Basis | None,
    source: str,
) -> Import:
    list_name = spreadsheets.clean(list_name)
    _list_of(list_name, sender_id)
    import_ = Import(
        sender_id=sender_id,
        actor=by.key,
        filename=spreadsheets.clean(filename)[:200],
        list_name=list_name,
        basis=basis,
        source=spreadsheets.clean(source),
        read_at=now,
        mapping={},
    )
    _describe(import_, sheet)
    db.session.add(import_)
    db.session.flush()
    return import_


def _describe(import_: Import, sheet: Sheet) -> None:
    """Keep how a file was read."""
    import_.fingerprint = fingerprint(sheet.header)
    import_.layout = asdict(sheet.layout)


def _preview(sheet: Sheet) -> dict[str, Any]:
    return {
        "header": sheet.header,
        "samples": _samples(sheet),
        "sheets": list(sheet.sheets),
        "above": [" ".join(filter(None, cells))[:200] for _, cells in sheet.above],
        "rows": len(sheet.rows),
    }


def _samples(sheet: Sheet) -> list[list[str]]:
    """The first different cells of each column."""
    samples: list[list[str]] = [[] for _ in sheet.header]
    for _, cells in sheet.rows[:SAMPLED]:
        for found, cell in zip(samples, cells, strict=False):
            if cell and cell not in found and len(found) < SAMPLES:
                found.append(cell[:80])
    return samples


def _show(
    import_: Import, sheet: Sheet, columns: Columns, now: datetime, progress: Progress | None
) -> None:
    """Write down what each line would do, now."""
    import_.columns = columns.as_shown()
    import_.state = ImportState.SHOWN
    db.session.flush()
    _plan(import_, sheet, columns, now, progress or _quiet)


def _show_or_leave(import_: Import, sheet: Sheet, columns: Columns, now: datetime) -> None:
    """Write it down now, or of a long list leave that to `read_next`."""
    if len(sheet.rows) <= READ_AT_ONCE:
        _show(import_, sheet, columns, now, None)
        return
    import_.columns = columns.as_shown()
    import_.state = ImportState.READING
    db.session.flush()


def _plan(
    import_: Import, sheet: Sheet, columns: Columns, now: datetime, progress: Progress
) -> None:
    reader = Reader(columns, today=dutch_date(now))
    planner = Planner(import_.id, import_.sender_id, Grounds(import_.basis, import_.source), reader)
    planner.plan(sheet.rows, progress)


def _earlier(import_: Import) -> dict[str, Any]:
    """What a person said of the last list with this header row, if anyone did."""
    said = db.session.execute(
        select(Import.mapping)
        .where(Import.fingerprint == import_.fingerprint, Import.id != import_.id)
        .order_by(Import.id.desc())
        .limit(20)
    )
    return next((mapping for (mapping,) in said if mapping), {})


def _as_chosen(sheet: Sheet, mapping: Mapping[str, Any]) -> Columns:
    chosen = {int(index): word for index, word in mapping["fields"].items()}
    function = Function(mapping["function"]) if mapping["function"] else None
    return arranged(sheet.header, chosen, function=function)


def _likeness(mapping: Mapping[str, str]) -> Callable[[Sequence[str]], int]:
    """How much a row is a header row, where a person named some of its columns."""
    named = {column.casefold().strip() for column in mapping}
    return lambda cells: likeness(cells) + 2 * sum(cell.casefold() in named for cell in cells)


def _layout(import_: Import) -> Layout:
    return Layout(**import_.layout)


def _keep_file(import_: Import, data: bytes, sheet: Sheet, now: datetime) -> None:
    """Keep a file until its list is taken over or thrown away; those that nobody did go now."""
    old = select(Import.id).where(Import.read_at < now - KEPT)
    db.session.execute(delete(ImportFile).where(ImportFile.import_id.in_(old)))
    db.session.add(
        ImportFile(
            import_id=import_.id,
            data=data,
            preview=_preview(sheet),
            addresses=_addresses(sheet),
        )
    )


def _addresses(sheet: Sheet) -> str:
    found = (
        match[0].lower()
        for _, cells in sheet.rows
        for cell in cells
        if "@" in cell
        for match in _ADDRESS.finditer(cell)
    )
    return "\n".join(("", *dict.fromkeys(found), ""))


def _forget_file(import_: Import) -> None:
    db.session.execute(delete(ImportFile).where(ImportFile.import_id == import_.id))


def _list_of(name: str, sender_id: int | None) -> ContactList | None:
    """The list of that name, if there is one and it may be added to."""
    found = db.session.scalar(select(ContactList).where(ContactList.name == name))
    if found is not None and found.sender_id not in (None, sender_id):
        raise Refused(f"De lijst “{name}” is van een andere afzender. Kies een andere naam.")
    return found


def _ensure_list(import_: Import, now: datetime) -> ContactList:
    found = _list_of(import_.list_name, import_.sender_id)
    if found is None:
        found = ContactList(name=import_.list_name, sender_id=import_.sender_id, created_at=now)
        db.session.add(found)
        db.session.flush()
    return found


def _counts(import_: Import) -> dict[Outcome, int]:
    rows = db.session.execute(
        select(ImportRow.outcome, func.count())
        .where(ImportRow.import_id == import_.id)
        .group_by(ImportRow.outcome)
    )
    return dict.fromkeys(Outcome, 0) | dict(rows.all())


def _reasons(import_: Import, *outcomes: Outcome) -> list[dict[str, Any]]:
    """The lines with something to say; not that they lack a basis, which is a number."""
    rows = db.session.execute(
        select(ImportRow.line, ImportRow.reason)
        .where(
            ImportRow.import_id == import_.id,
            ImportRow.outcome.in_(outcomes),
            ImportRow.reason.not_in(["", NO_BASIS]),
        )
        .order_by(ImportRow.line)
    )
    return [{"line": line, "reason": reason} for line, reason in rows]


def _quiet(_done: int, _total: int) -> None:
    """Nobody watches."""
