"""From the text of a GraphQL document to its tree."""

from __future__ import annotations

from collections.abc import Callable

from meterctl.sandbox.kraken.tokens import BadSyntax, Kind, Token, tokens
from meterctl.sandbox.kraken.tree import (
    Declared,
    Directive,
    Document,
    Field,
    Fragment,
    Inline,
    ListValue,
    Literal,
    ObjectValue,
    Operation,
    Selection,
    Spread,
    TypeRef,
    Value,
    Variable,
)

DEEPEST = 50  # braces and brackets within each other


class Reader:
    """Reads token after token; the schema's own text is read with it too."""

    def __init__(self, text: str) -> None:
        self._tokens = list(tokens(text))
        self._at = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The token that is next."""
        return self._tokens[self._at]

    def sees(self, text: str) -> bool:
        """Whether this sign or word is next."""
        return self.token.kind in (Kind.SIGN, Kind.NAME) and self.token.text == text

    def takes(self, text: str) -> bool:
        """Whether this sign or word was next; it is behind now."""
        found = self.sees(text)
        self._at += found
        return found

    def expect(self, text: str) -> None:
        """Take this sign.

        Raises:
            BadSyntax: another comes.
        """
        if not self.takes(text):
            raise self.unexpected(f"Expected '{text}', found")

    def name(self) -> str:
        """Take a name.

        Raises:
            BadSyntax: something else comes.
        """
        if self.token.kind is not Kind.NAME:
            raise self.unexpected("Expected Name, found")
        return self.next().text

    def next(self) -> Token:
        """Take whatever comes."""
        token = self.token
        self._at += token.kind is not Kind.END
        return token

    def unexpected(self, before: str = "Unexpected") -> BadSyntax:
        """That the next token cannot be here."""
        kind = (
            "" if self.token.kind in (Kind.SIGN, Kind.END) else f"{self.token.kind.name.title()} "
        )
        text = self.token.text if self.token.kind is Kind.END else f"'{self.token.text}'"
        return BadSyntax(f"{before} {kind}{text}.", self.token.place)

    def until(self, end: str, part: Callable[[], None]) -> None:
        """Read parts up to a closing sign.

        Raises:
            BadSyntax: a part is none, or they lie too deep in each other.
        """
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadSyntax("Document contains too deep a nesting.", self.token.place)
        while not self.takes(end):
            part()
        self._depth -= 1

    def type_ref(self) -> TypeRef:
        """A type, such as `[ReadingInput!]!`."""
        if self.takes("["):
            items: list[TypeRef] = []
            self.until("]", lambda: items.append(self.type_ref()))
            if len(items) != 1:
                raise self.unexpected("Expected one type in a list, before")
            return TypeRef("", items[0], self.takes("!"))
        name = self.name()
        return TypeRef(name, None, self.takes("!"))

    def value(self) -> Value:
        """A value, a variable among them."""
        token = self.next()
        if token.kind in (Kind.INT, Kind.FLOAT, Kind.STRING, Kind.NAME):
            return Literal(token.kind, token.text, token.place)
        if token.text == "$":
            return Variable(self.name(), token.place)
        if token.text == "[":
            values: list[Value] = []
            self.until("]", lambda: values.append(self.value()))
            return ListValue(tuple(values), token.place)
        if token.text == "{":
            return ObjectValue(self.pairs("}"), token.place)
        self._at -= token.kind is not Kind.END
        raise self.unexpected()

    def pairs(self, end: str) -> dict[str, Value]:
        """Names and their values, up to a closing sign."""
        found: dict[str, Value] = {}

        def one() -> None:
            name = self.name()
            self.expect(":")
            found[name] = self.value()

        self.until(end, one)
        return found


def parse(text: str) -> Document:
    """The tree of a document.

    Raises:
        BadSyntax: it is none.
    """
    reader = _Requests(text)
    operations: list[Operation] = []
    fragments: dict[str, Fragment] = {}
    while reader.token.kind is not Kind.END or not (operations or fragments):
        if reader.sees("fragment"):
            fragment = reader.fragment()
            fragments[fragment.name] = fragment
        else:
            operations.append(reader.operation())
    return Document(tuple(operations), fragments)


class _Requests(Reader):
    """Reads what a client may send."""

    def operation(self) -> Operation:
        place = self.token.place
        if self.sees("{"):
            return Operation("query", None, (), self._selections(), place)
        if not (self.sees("query") or self.sees("mutation") or self.sees("subscription")):
            raise self.unexpected()
        kind = self.name()
        name = self.name() if self.token.kind is Kind.NAME else None
        variables: list[Declared] = []
        if self.takes("("):
            self.until(")", lambda: variables.append(self._declared()))
        self._directives()
        return Operation(kind, name, tuple(variables), self._selections(), place)

    def fragment(self) -> Fragment:
        place = self.next().place
        name = self.name()
        self.expect("on")
        on = self.name()
        self._directives()
        return Fragment(name, on, self._selections(), place)

    def _declared(self) -> Declared:
        place = self.token.place
        self.expect("$")
        name = self.name()
        self.expect(":")
        kind = self.type_ref()
        default = self.value() if self.takes("=") else None
        return Declared(name, kind, default, place)

    def _selections(self) -> tuple[Selection, ...]:
        self.expect("{")
        if self.sees("}"):
            raise self.unexpected("Expected Name, found")
        found: list[Selection] = []
        self.until("}", lambda: found.append(self._selection()))
        return tuple(found)

    def _selection(self) -> Selection:
        place = self.token.place
        if self.takes("..."):
            if self.token.kind is Kind.NAME and not self.sees("on"):
                return Spread(self.name(), self._directives(), place)
            on = self.name() if self.takes("on") else None
            return Inline(on, self._directives(), self._selections(), place)
        key = name = self.name()
        if self.takes(":"):
            name = self.name()
        arguments = self.pairs(")") if self.takes("(") else {}
        directives = self._directives()
        selections = self._selections() if self.sees("{") else ()
        return Field(name, key, arguments, directives, selections, place)

    def _directives(self) -> tuple[Directive, ...]:
        found: list[Directive] = []
        while self.sees("@"):
            place = self.next().place
            name = self.name()
            found.append(Directive(name, self.pairs(")") if self.takes("(") else {}, place))
        return tuple(found)
