"""Asking OpenBesluitvorming what councils published: few questions, one after another.

Its API (https://openbesluitvorming.nl/docs/api) needs no account and gives 60 units a minute; a
page of at most 24 hits, and an entity, cost one. What is asked goes to nobody else: a redirect to
another host is no answer, and neither is one that never ends.
"""

import json
import ssl
import time
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from outreach.delivery.hosts import LOOPBACK
from outreach.errors import OutreachError

TIMEOUT = 15.0  #: seconds of silence
PATIENCE = 60.0  #: seconds for one answer, however it drips
LONGEST = 8 * 1024 * 1024  #: octets of an answer: the text of some thousand pages
PAGE = 24  #: hits for one unit
SPARE = 5  #: units that are left for who else asks from here
MOST_WAIT = 3600  #: seconds: what a server asks for beyond that is no time of day
WAIT = 600  #: after what went wrong, when the server names no time
_PIECE = 64 * 1024


class NotAnswered(OutreachError):
    """Nothing that can be read came back; later it may. The text is Dutch."""

    def __init__(self, why: str, wait: int = WAIT) -> None:
        self.wait = wait  #: seconds
        super().__init__(why)


class TooLarge(NotAnswered):
    """The answer is longer than any that we read."""


@dataclass
class Server:
    """One place to ask, for as long as one look lasts."""

    url: str
    most: int  #: questions of this look
    asked: int = 0
    patience: float = PATIENCE
    timeout: float = TIMEOUT
    _left: int | None = None
    _gemeenten: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _opener(self) -> Any:
        """Made once: reading the authorities of the system takes longer than a question."""
        handlers: list[Any] = [_SameHost]
        if urlsplit(self.url).scheme == "https":
            handlers.append(HTTPSHandler(context=ssl.create_default_context()))
        if urlsplit(self.url).hostname in LOOPBACK:
            handlers.append(ProxyHandler({}))
        return build_opener(*handlers)

    @property
    def may_ask(self) -> bool:
        return self.asked < self.most and (self._left is None or self._left > SPARE)

    def documents(
        self, query: str, *, since: date, offset: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """A page of documents that hold the words, the oldest first; whether more follow.

        :raises NotAnswered: later perhaps
        """
        said = self._ask(
            "/api/search",
            query=query,
            entityType="Document",
            dateFrom=since.isoformat(),
            sort="date_asc",
            limit=str(PAGE),
            offset=str(offset),
        )
        found = said.get("results") if said else None
        if not isinstance(found, list):
            raise NotAnswered("OpenBesluitvorming gaf een antwoord zonder resultaten.")
        more = bool(said and said.get("hasMore")) and bool(found)
        return [one for one in found if isinstance(one, dict)], more

    def entity(self, entity_id: str) -> dict[str, Any] | None:
        """All that is known of a document or meeting; None when it is no more.

        :raises NotAnswered: later perhaps
        """
        return self._ask(f"/api/entities/{quote(entity_id, safe='')}")

    def gemeenten(self) -> dict[str, str]:
        """The CBS code of each gemeente, by how names of entities call it.

        :raises NotAnswered: later perhaps
        """
        if not self._gemeenten:
            said = self._ask("/api/status")
            sources = said.get("sources") if said else None
            for one in sources if isinstance(sources, list) else []:
                parts = str(one.get("sourceRef", "") if isinstance(one, dict) else "").split(":")
                if len(parts) > 2 and parts[-2] == "gemeente":
                    self._gemeenten[parts[-1]] = str(one.get("cbsId", ""))
            if not self._gemeenten:
                raise NotAnswered("OpenBesluitvorming noemt geen gemeenten.")
        return self._gemeenten

    def _ask(self, path: str, **fields: str) -> dict[str, Any] | None:
        self.asked += 1
        url = f"{self.url}{path}" + (f"?{urlencode(fields)}" if fields else "")
        headers = {"Accept": "application/json", "User-Agent": "Outreach"}
        request = Request(url, headers=headers)  # noqa: S310 - the settings see to https
        try:
            with self._opener.open(request, timeout=self.timeout) as response:
                self._left = _number(response.headers.get("RateLimit-Remaining"))
                return _read(self._body(response))
        except HTTPError as error:
            with error:
                if error.code == 404:
                    return None
                wait = _number(error.headers.get("Retry-After"))
            if error.code == 429:
                told = MOST_WAIT if wait is None else min(max(wait, 1), MOST_WAIT)
                raise NotAnswered("OpenBesluitvorming vraagt ons te wachten.", told) from None
            raise NotAnswered(f"OpenBesluitvorming antwoordde met fout {error.code}.") from None
        except TimeoutError:
            raise NotAnswered("OpenBesluitvorming antwoordt niet op tijd.") from None
        except (OSError, HTTPException) as error:
            why = getattr(error, "reason", None)
            late = isinstance(why, TimeoutError)
            said = "antwoordt niet op tijd" if late else "is niet bereikbaar"
            raise NotAnswered(f"OpenBesluitvorming {said}.") from None

    def _body(self, response: Any) -> bytes:
        until, pieces, size = time.monotonic() + self.patience, [], 0
        while piece := response.read1(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > LONGEST:
                raise TooLarge("OpenBesluitvorming gaf een antwoord dat te groot is.")
            if time.monotonic() > until:
                raise TimeoutError
        return b"".join(pieces)


class _SameHost(HTTPRedirectHandler):
    """What is asked stays between us and the server of the setting."""

    def redirect_request(self, req: Request, *rest: Any) -> Request | None:
        if urlsplit(rest[-1])[:2] != urlsplit(req.full_url)[:2]:
            return None
        return super().redirect_request(req, *rest)


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise NotAnswered("OpenBesluitvorming gaf een antwoord dat niet te lezen is.")
    return said


def _number(said: str | None) -> int | None:
    return int(said) if said and said.strip().isdecimal() else None
