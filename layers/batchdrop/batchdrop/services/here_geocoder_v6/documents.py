"""The status document, which upload, run, status, cancel and delete share: JSON where the service heeds Accept, else XML.

XML is read by local names: the prefix is literally `ns2` [client], and one of HERE's pages does not even declare it, so
the parser does no namespaces. A document type is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException
from defusedxml.sax import parseString

from batchdrop.services.base import state_of, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.sax.xmlreader import AttributesImpl

    from batchdrop.ports import State
    from batchdrop.transport import Reply

_WRAPPERS = ("SearchBatch", "Response", "MetaInfo")
_LONGEST = 1000  # characters of one value


def fields(reply: Reply) -> dict[str, Any]:
    """The document's values by their own names, such as RequestId and Status. Raises as Reply.odd for another form."""
    text = reply.text().strip()
    if text.startswith("<"):
        return _from_xml(text.encode(), reply)
    found: dict[str, Any] = {}
    _gather(reply.json(), found)
    return found


def status_of(reply: Reply, states: Mapping[str, State]) -> tuple[State, str, bool, dict[str, Any]]:
    """State, the service's own word, whether that is unknown, and all values. Raises as Reply.odd without a status."""
    found = fields(reply)
    word = found.get("Status")
    if not isinstance(word, str) or not word:
        raise reply.odd("the answer has no status")
    state, unknown = state_of(states, word)
    return state, word[:64], unknown, found


def count(value: object) -> int | None:
    """A counter, which is text in XML."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 12:
        return int(value)
    return whole_number(value)


def _gather(entry: Mapping[str, Any], found: dict[str, Any]) -> None:
    for name, value in entry.items():
        local = name.rpartition(":")[2]
        if not isinstance(value, dict):
            found.setdefault(local, value)
        elif local in _WRAPPERS:
            _gather(value, found)


def _from_xml(text: bytes, reply: Reply) -> dict[str, Any]:
    reader, understood = _Reader(), False
    try:
        parseString(text, reader, forbid_dtd=True)
        understood = True
    except (SAXException, DefusedXmlException, ValueError, RecursionError):
        pass  # raised below, without the document in the chain of exceptions
    if not understood:
        raise reply.odd("the answer is not XML as agreed")
    return reader.found


class _Reader(ContentHandler):
    """Takes the text of elements without children, by local name; the first of a name counts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Any] = {}
        self._text: list[str] = []
        self._leaf = False

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: ARG002, N802 - the base class names it so
        """An element begins."""
        self._text, self._leaf = [], True

    def characters(self, content: str) -> None:
        """A piece of text."""
        self._text.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - the base class names it so
        """An element ends."""
        if self._leaf:
            self.found.setdefault(name.rpartition(":")[2], "".join(self._text).strip()[:_LONGEST])
        self._leaf = False
