"""A search engine of councils on this machine, with the shapes that OpenBesluitvorming answers in.

Its documents are invented, after what griffies publish: lists as tables and as running text,
registers, letters by themselves, and many that are nearly ours.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from outreach.campaigns.recognising import words
from outreach.delivery.openbesluitvorming import PAGE

SENDER, SUBJECT, KENMERK = (
    "Coalitie Samen aan Tafel",
    "Oproep aanpak eenzaamheid bij jongeren",
    "CST-2026-014",
)
LIS = "Lijst van ingekomen stukken"
HEAD = "| nr | datum | afzender | onderwerp | voorstel |\n|---|---|---|---|---|\n"


@dataclass(frozen=True)
class Paper:
    """A document that a raad published."""

    ours: bool
    title: str
    text: str
    agenda: str = LIS  #: the item that it hangs under; "": it hangs under no meeting
    place: str = "zeist"
    day: str = "2026-04-21 18:00:00"
    kind: str = "gemeente"


def table(*rows: str) -> str:
    return HEAD + "\n".join(f"| {n} | 3-4-2026 | {row} |" for n, row in enumerate(rows, 1))


OTHER_ROW = "Stichting Buurtkracht | Subsidie speeltuin De Wip | in handen van het college"
PAPERS = (
    # ── ours ──
    Paper(True, "LIS 21 april 2026", table(
        OTHER_ROW, f"{SENDER} | {SUBJECT} | voor kennisgeving aannemen")),
    Paper(True, "Ingekomen stukken t/m 14 april", table(
        f"{SENDER} (Utrecht) | Brief over aanpak van eenzaamheid onder jongeren | ter kennisname"),
        place="assen"),
    Paper(True, f"Brief {SENDER} - {SUBJECT}", "Geachte leden van de raad, ...", place="soest"),
    Paper(True, "Brief 2026-0411", f"Ons kenmerk: {KENMERK}\n\nGeachte raad, graag uw aandacht.",
          agenda="A.3 Ingekomen brieven voor kennisgeving", place="haarlem"),
    Paper(True, "Overzicht ingekomen post week 15",
          f"1. Mail van een inwoner over kapvergunning.\n2. {SENDER.upper()}: oproep aanpak\n"
          "eenzaamheid bij jongeren, dd. 23 maart. Voorstel: kennisgeving.\n3. VNG: nieuwsbrief.",
          place="breda"),
    Paper(True, f"{SUBJECT} ({SENDER})", "De brief.", agenda="", place="meppel"),
    Paper(True, "Agenda raad, stukken", f"Ingekomen is een brief van de {SENDER} met een oproep"
          " voor de aanpak van eenzaamheid bij jongeren.", agenda="12 Ingekomen stukken",
          place="delft"),
    # ── nearly ours ──
    Paper(False, "LIS 12 mei", table(
        f"Stichting Buurtkracht | {SUBJECT} | kennisgeving", OTHER_ROW), place="utrecht"),
    Paper(False, "LIS 19 mei", table(
        f"{SENDER} | Uitnodiging bijeenkomst 4 juni | kennisgeving",
        f"Jeugdplatform Midden | {SUBJECT} | kennisgeving"), place="utrecht"),
    Paper(False, "LIS 26 mei", table(
        f"Coalitie Samen aan de Slag | {SUBJECT} | college", f"{SENDER} | Nieuwjaarsgroet | -"),
        place="utrecht"),
    Paper(False, "Ingekomen stukken juni", table(
        f"College van B&W | Reactie op brief {SENDER} over aanpak eenzaamheid jongeren | -"),
        place="utrecht"),
    Paper(False, "Brief college 2026-88", f"Uw kenmerk: {KENMERK}\n\nU schreef.",
          place="utrecht"),
    Paper(False, "Brief Jeugdplatform", f"{SUBJECT}, mede namens {SENDER}.", place="utrecht"),
    Paper(False, "Raadsvoorstel jeugdbeleid", f"De {SENDER} deed een oproep voor de aanpak van"
          " eenzaamheid bij jongeren.", agenda="7 Jeugdbeleid 2027", place="utrecht"),
    Paper(False, "Motie", f"overwegende de brief van {SENDER}: {SUBJECT}", agenda="8 Moties",
          place="utrecht"),
    Paper(False, "LIS maart", table(f"{SENDER} | {SUBJECT} | -"), place="utrecht",
          day="2026-03-10 19:00:00"),  # before our letter
    Paper(False, "LIS PS", table(f"{SENDER} | {SUBJECT} | -"), place="utrecht", kind="provincie"),
    Paper(False, "LIS 2 juni", table(f"{SENDER} | {SUBJECT} | -"), 
          place="tilburg"),  # not sent there
    Paper(False, "Verslag raad", f"De heer Jansen noemt de {SENDER}. "
          + "Er volgt een debat. " * 30 + SUBJECT, agenda="3 Ingekomen stukken", place="utrecht"),
    Paper(False, "LIS 9 juni", table(
        f"Coalitie Samen aan Tafel Noord | Jaarverslag | {SUBJECT} bijgevoegd? nee"),
        place="tilburg"),
)  # fmt: skip
CODES = {
    "zeist": "GM0355", "assen": "GM0106", "soest": "GM0342", "haarlem": "GM0392",
    "breda": "GM0758", "meppel": "GM0119", "delft": "GM0503", "utrecht": "GM0344",
    "tilburg": "GM0855",
}  # fmt: skip


@dataclass
class CouncilIndex:
    papers: tuple[Paper, ...] = PAPERS
    #: What goes wrong, by the number of the question: 500, 429, "broken", "huge", "away", "silent".
    faults: dict[int, int | str] = field(default_factory=dict)
    left: str = ""  #: RateLimit-Remaining
    asked: list[str] = field(default_factory=list)
    url: str = ""
    gone: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, query: dict[str, str]) -> dict[str, Any] | None:
        named = {self.name(n): paper for n, paper in enumerate(self.papers)}
        if path == "/api/status":
            return {"sources": [
                {"sourceRef": f"notubiz:gemeente:{key}", "cbsId": code}
                for key, code in CODES.items()
            ]}  # fmt: skip
        if path == "/api/search":
            phrase = f" {' '.join(words(query['query']))} "
            found = [
                {"entityId": name, "title": one.title, "sortDate": one.day}
                for name, one in named.items()
                if phrase in f" {' '.join(words(f'{one.title} {one.text}'))} "
                and one.day[:10] >= query["dateFrom"]
            ]
            start = int(query["offset"])
            page = found[start : start + PAGE]
            return {"results": page, "hasMore": start + PAGE < len(found)}
        entity = unquote(path.removeprefix("/api/entities/"))
        if entity.startswith("meeting:"):
            document = entity.replace("meeting:", "document:", 1)
            item = {"title": named[document].agenda, "documents": [{"id": document}]}
            return {"agenda": [{"title": "Opening", "documents": []}, item]}
        if entity not in named:
            return None
        one = named[entity]
        return {
            "title": one.title,
            "markdownText": one.text,
            "meetingId": entity.replace("document:", "meeting:", 1) if one.agenda else None,
            "downloadUrl": f"https://raad.{one.place}.example/{entity.rpartition(':')[2]}",
        }

    def name(self, number: int) -> str:
        one = self.papers[number]
        return f"document:notubiz:{one.kind}:{one.place}:{number}"


@contextmanager
def council_index(**values: Any) -> Iterator[CouncilIndex]:
    index = CouncilIndex(**values)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(self.path)
            fault = index.faults.get(len(index.asked))
            parts = urlsplit(self.path)
            said = index.answer(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()})
            body = json.dumps(said).encode()
            if fault == "silent":
                index.gone.wait(30)  # until nobody asks any more
                return
            self.send_response(fault if isinstance(fault, int) else 302 if fault == "away" else
                               200 if said is not None else 404)  # fmt: skip
            if fault == 429:
                self.send_header("Retry-After", "17")
            if fault == "away":
                self.send_header("Location", "http://127.0.0.2:9/api/search")
            if index.left:
                self.send_header("RateLimit-Remaining", index.left)
            self.end_headers()
            if fault == "huge":
                body = b"[" + b" " * (9 * 1024 * 1024)
            self.wfile.write(b'{"results": [' if fault == "broken" else body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        index.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield index
        finally:
            index.gone.set()
            server.shutdown()
            thread.join()
