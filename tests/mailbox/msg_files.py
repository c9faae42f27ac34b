"""Files of Outlook, written by hand: a compound file ([MS-CFB]) of a few small streams."""

import struct
from datetime import datetime
from itertools import pairwise

SECTOR, MINI, FREE, END, FAT = 512, 64, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def msg(
    *, headers: str = "", subject: str = "", body: str = "", sender: str = "", html: bytes = b"",
    message_id: str = "", reply_to: str = "", sent: datetime | None = None, attached: str = "",
) -> bytes:  # fmt: skip
    """A mail that Outlook saved."""
    texts = {
        0x007D: headers,
        0x0037: subject,
        0x1000: body,
        0x5D01: sender,
        0x1035: message_id,
        0x1042: reply_to,
    }
    streams = {
        f"__substg1.0_{n:04X}001F": text.encode("utf-16-le") for n, text in texts.items() if text
    }
    if html:
        streams["__substg1.0_10130102"] = html
    fixed = bytes(32)
    if sent:
        ticks = int((sent - datetime(1601, 1, 1, tzinfo=sent.tzinfo)).total_seconds()) * 10_000_000
        fixed += struct.pack("<IIQ", 0x00390040, 6, ticks)
    streams["__properties_version1.0"] = fixed
    inner = (
        {"__attach_version1.0_#00000000": {"__substg1.0_3707001F": attached.encode("utf-16-le")}}
        if attached
        else {}
    )
    return compound(streams, inner)


def compound(
    streams: dict[str, bytes], folders: dict[str, dict[str, bytes]] | None = None
) -> bytes:
    """A compound file with streams of less than 4,096 octets each."""
    mini, minifat, entries = b"", [], [("Root Entry", 5, b"", FREE)]
    children: list[list[int]] = [[]]

    def add(parent: int, name: str, kind: int, data: bytes) -> int:
        entries.append((name, kind, data, FREE))
        children.append([])
        children[parent].append(len(entries) - 1)
        return len(entries) - 1

    for name, data in streams.items():
        add(0, name, 2, data)
    for name, inside in (folders or {}).items():
        at = add(0, name, 1, b"")
        for inner, data in inside.items():
            add(at, inner, 2, data)
    starts = []
    for _, kind, data, _ in entries:
        if kind != 2:
            starts.append(0)
            continue
        first, count = len(minifat), max(1, -(-len(data) // MINI))
        starts.append(first)
        minifat += [*range(first + 1, first + count), END]
        mini += data.ljust(count * MINI, b"\0")
    table = b"".join(struct.pack("<I", one) for one in minifat)
    parts = [mini, table, _directory(entries, children, starts, len(mini))]
    return _file(parts, len(mini))


def _directory(entries: list, children: list[list[int]], starts: list[int], size: int) -> bytes:
    """Entries of 128 octets; siblings hang one under another, to the right."""
    right = {one: after for row in children for one, after in pairwise(row)}
    found = b""
    for n, (name, kind, data, _) in enumerate(entries):
        label = name.encode("utf-16-le") + b"\0\0"
        child = children[n][0] if children[n] else FREE
        found += label.ljust(64, b"\0") + struct.pack(
            "<HBBIII", len(label), kind, 1, FREE, right.get(n, FREE), child
        )
        found += bytes(36) + struct.pack(
            "<IQ", 0 if n == 0 else starts[n], size if n == 0 else len(data)
        )
    return found


def _file(parts: list[bytes], size: int) -> bytes:
    """Mini stream, its table and the directory in sectors, then the table of sectors."""
    fat, body, starts = [], b"", []
    for part in parts:
        count = max(1, -(-len(part) // SECTOR))
        starts.append(len(fat))
        fat += [*range(len(fat) + 1, len(fat) + count), END]
        fill = b"\xff" if part is parts[1] else b"\0"
        body += part.ljust(count * SECTOR, fill)
    tables = 1
    assert len(fat) < SECTOR // 4
    at = len(fat)
    fat += [FAT] * tables
    body += b"".join(struct.pack("<I", one) for one in fat).ljust(tables * SECTOR, b"\xff")
    minis = max(1, -(-len(parts[1]) // SECTOR))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIIII", 0, tables, starts[2], 0, 4096, starts[1], minis, END, 0, at)
    return head.ljust(SECTOR, b"\xff") + body
