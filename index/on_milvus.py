"""Vectors and files in Milvus: a server, or Milvus Lite in a folder of this machine.

The only file that imports `pymilvus`. A collection holds the vectors of one segment by number, or
files in pieces; `remote.py` says which collections an index is made of.
"""

import base64
import logging
import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import numpy as np

from index.dense import EXACT_UP_TO, DenseSegment, Flags, Numbers, centres
from index.embed import Vectors
from index.errors import Damaged, SettingError, Unreachable

if TYPE_CHECKING:
    from pymilvus import MilvusClient

T = TypeVar("T")

#: Seconds a call may take; one that writes, builds or loads may take longer.
_TIMEOUT, _LONG = 10.0, 600.0
#: Rows written or read in one go; a message may have 64 MB.
_ROWS = 2_000
#: Characters of a piece of a file (Milvus takes 65,535), and pieces written or read in one go.
_PIECE, _PIECES = 60_000, 100
#: Lists that are looked at in an index that is not exact.
_LOOKED_AT = 256
#: What Milvus Lite and a server answer where there is no such alias.
_NO_ALIAS = frozenset({100, 1600})
#: What it answers where a collection must be loaded first.
_NOT_LOADED = 101
#: How an address begins that is no folder's and no Milvus Lite's.
_SERVER = re.compile(r"milvus\+(?P<uri>https?://[^/?#]+)/(?P<name>[A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Address:
    """Where an index is in Milvus: the server's address or Lite's folder, and the index's name."""

    uri: str
    name: str = "mali"

    @classmethod
    def read(cls, written: str) -> "Address | None":
        """`milvus+http://host:19530/name` or a path that ends in `.db`; None: a plain folder.

        Raises `SettingError` for what looks like the first but is not.
        """
        if written.endswith(".db"):
            return cls(str(Path(written).absolute()))
        if not written.startswith(("milvus", "http:", "https:", "tcp:")):
            return None
        if "@" in written:  # not shown: it may hold a password
            raise SettingError(
                "MALI_INDEX: an address of Milvus takes no user and password; set "
                "MALI_MILVUS_TOKEN=user:password"
            )
        match = _SERVER.fullmatch(written)
        if match is None or not _port_is_one(match["uri"]):
            raise SettingError(
                f"MALI_INDEX: {written}: expected milvus+http://host:19530/name (letters, digits "
                "and _ in the name), a path that ends in .db, or a folder"
            )
        return cls(match["uri"], match["name"])

    def __str__(self) -> str:
        """As a person would write it."""
        return self.uri if self.uri.endswith(".db") else f"milvus+{self.uri}/{self.name}"


class Milvus:
    """A connection, safe to use from several threads."""

    def __init__(self, client: "MilvusClient", address: Address) -> None:
        self._client = client
        self.address = address

    @classmethod
    def connect(cls, address: Address, token: str | None = None) -> "Milvus":
        """Raises `Unreachable`, or `SettingError` where the client is not installed."""
        # It would put what a file `.env` above the environment says into this process.
        os.environ.setdefault("PYTHON_DOTENV_DISABLED", "1")
        try:
            from pymilvus import MilvusClient
        except ImportError:
            raise SettingError(
                f"{address}: the Milvus client is not installed; pip install 'mali-bot[milvus]'"
            ) from None
        for name in ("pymilvus", "milvus_lite", "grpc"):  # they log every error with its traceback
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        with _told(address):
            client = MilvusClient(
                address.uri,
                token=token or "",
                timeout=_TIMEOUT,
                grpc_options={"grpc.enable_http_proxy": 0},
            )
            client.list_collections(timeout=_TIMEOUT)
        return cls(client, address)

    def collections(self) -> list[str]:
        """The names of all there are."""
        with _told(self.address):
            return [str(name) for name in self._client.list_collections(timeout=_TIMEOUT)]

    def drop(self, collection: str) -> None:
        """Removes a collection, if it is there."""
        with _told(self.address):
            self._client.drop_collection(collection, timeout=_LONG)

    def target(self, alias: str) -> str | None:
        """The collection that `alias` names; None if there is no such alias."""
        from pymilvus.exceptions import MilvusException

        with _told(self.address):
            try:
                found = self._client.describe_alias(alias, timeout=_TIMEOUT)
            except MilvusException as error:
                if error.code in _NO_ALIAS:
                    return None
                raise
        return str(found["collection_name"])

    def point(self, alias: str, collection: str) -> None:
        """Lets `alias` name `collection` from now on, in one step."""
        change = self._client.alter_alias if self.target(alias) else self._client.create_alias
        with _told(self.address):
            change(collection, alias, timeout=_TIMEOUT)

    def write_vectors(self, collection: str, vectors: DenseSegment) -> None:
        """A new collection of the vectors of a segment, under its numbers."""
        kind: dict[str, object] = {"index_type": "FLAT"}
        if len(vectors) > EXACT_UP_TO:
            kind = {"index_type": "IVF_SQ8", "params": {"nlist": centres(len(vectors))}}
        self._create(collection, vectors.dimension, kind)
        for begin in range(0, len(vectors), _ROWS):
            numbers = np.arange(begin, min(begin + _ROWS, len(vectors)))
            rows = zip(numbers.tolist(), vectors.vectors(numbers), strict=True)
            self._insert(collection, [{"number": n, "vector": vector} for n, vector in rows])
        self._finish(collection, len(vectors))

    def write_files(self, collection: str, files: Mapping[str, bytes]) -> None:
        """A new collection of `files` by their names; whole only when all of it is there."""
        self._create(collection, 2, {"index_type": "FLAT"}, "name", "piece")
        pieces = [
            (name, packed[begin : begin + _PIECE])
            for name, packed in ((name, _packed(content)) for name, content in files.items())
            for begin in range(0, len(packed), _PIECE)
        ]
        rows = [
            {"number": number, "vector": [1.0, 0.0], "name": name, "piece": piece}
            for number, (name, piece) in enumerate(pieces, start=1)
        ]
        for begin in range(0, len(rows), _PIECES):
            self._insert(collection, rows[begin : begin + _PIECES])
        # Written last, so that whoever finds it finds all the others.
        end = {"number": 0, "vector": [1.0, 0.0], "name": "", "piece": str(len(rows))}
        self._insert(collection, [end])
        self._finish(collection, len(rows) + 1)

    def read_files(self, collection: str) -> dict[str, bytes] | None:
        """What `write_files` wrote; None if it is not whole, or there is nothing.

        Raises `Unreachable`, and `Damaged` for what it cannot have written.
        """
        if collection not in self.collections():
            return None
        with _told(self.address):
            self._load(collection)
            ends = self._rows(collection, [0], "piece")
            if not ends:
                return None
            numbers = range(1, int(ends[0]["piece"]) + 1)
            rows = [
                row
                for begin in range(0, len(numbers), _PIECES)
                for row in self._rows(
                    collection, [*numbers[begin : begin + _PIECES]], "name", "piece"
                )
            ]
        if len(rows) != len(numbers):
            return None
        packed: dict[str, list[str]] = {}
        for row in sorted(rows, key=lambda row: int(row["number"])):
            packed.setdefault(row["name"], []).append(row["piece"])
        try:
            return {name: _unpacked("".join(parts)) for name, parts in packed.items()}
        except (ValueError, zlib.error):
            raise Damaged(f"{self.address}: {collection} holds no files") from None

    def segment(self, collection: str) -> "MilvusSegment":
        """The vectors that `write_vectors` wrote; raises `Unreachable`, `Damaged`."""
        with _told(self.address):
            self._load(collection)
            fields = self._client.describe_collection(collection, timeout=_TIMEOUT)["fields"]
            count = self._count(collection, _TIMEOUT)
        [dimension] = [one["params"]["dim"] for one in fields if one["name"] == "vector"]
        return MilvusSegment(self, collection, count, int(dimension))

    def search(
        self, collection: str, vector: Vectors, limit: int, which: str
    ) -> tuple[Vectors, Numbers]:
        """Inner products and numbers of the nearest vectors of those that fit `which`."""

        def search() -> Any:
            return self._client.search(
                collection,
                data=[vector],
                limit=limit,
                filter=which,
                output_fields=["number"],
                search_params={"metric_type": "IP", "params": {"nprobe": _LOOKED_AT}},
                timeout=_TIMEOUT,
            )

        [found] = self._loaded(collection, search)
        products = np.array([one["distance"] for one in found], dtype=np.float32)
        return products, np.array([one["number"] for one in found], dtype=np.int64)

    def vectors(self, collection: str, numbers: Sequence[int]) -> dict[int, Vectors]:
        """The vectors of those numbers, by number."""

        def read() -> dict[int, Vectors]:
            return {
                int(row["number"]): np.array(row["vector"], dtype=np.float32)
                for begin in range(0, len(numbers), _ROWS)
                for row in self._rows(collection, numbers[begin : begin + _ROWS], "vector")
            }

        return self._loaded(collection, read)

    def _create(
        self, collection: str, dimension: int, kind: Mapping[str, object], *texts: str
    ) -> None:
        from pymilvus import DataType

        self.drop(collection)  # what a killed run left
        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("number", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        for name in texts:
            schema.add_field(name, DataType.VARCHAR, max_length=_PIECE)
        index = self._client.prepare_index_params()
        index.add_index("vector", metric_type="IP", **kind)
        with _told(self.address):
            self._client.create_collection(
                collection,
                schema=schema,
                index_params=index,
                consistency_level="Strong",
                timeout=_LONG,
            )

    def _insert(self, collection: str, rows: list[dict[str, Any]]) -> None:
        with _told(self.address):
            self._client.upsert(collection, rows, timeout=_LONG)

    def _finish(self, collection: str, expected: int) -> None:
        with _told(self.address):
            self._client.flush(collection, timeout=_LONG)
            held = self._count(collection, _LONG)
        if held != expected:
            raise Damaged(
                f"{self.address}: {collection} holds {held} rows of {expected} after writing; "
                "build again"
            )

    def _count(self, collection: str, timeout: float) -> int:
        [found] = self._client.query(
            collection, filter="", output_fields=["count(*)"], timeout=timeout
        )
        return int(found["count(*)"])

    def _loaded(self, collection: str, call: Callable[[], T]) -> T:
        """What `call` gives, also if Milvus was started anew since the collection was loaded."""
        from pymilvus.exceptions import MilvusException

        with _told(self.address):
            try:
                return call()
            except MilvusException as error:
                if error.code != _NOT_LOADED:
                    raise
            self._load(collection)
            return call()

    def _load(self, collection: str) -> None:
        self._client.load_collection(collection, timeout=_LONG)

    def _rows(self, collection: str, numbers: Sequence[int], *fields: str) -> list[dict[str, Any]]:
        # Asked for no numbers, Milvus gives all rows.
        if not numbers:
            return []
        found = self._client.query(
            collection, ids=[*numbers], output_fields=["number", *fields], timeout=_LONG
        )
        return [*found]


@dataclass(frozen=True, slots=True)
class MilvusSegment:
    """A `DenseSegment` in a Milvus collection."""

    milvus: Milvus
    collection: str
    size: int
    dimension: int

    def __len__(self) -> int:
        return self.size

    def nearest(
        self, vector: Vectors, count: int, allowed: Flags | None
    ) -> tuple[Vectors, Numbers]:
        """See `DenseSegment`."""
        count = min(count, self.size if allowed is None else int(allowed.sum()))
        if not count:
            return np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int64)
        return self.milvus.search(self.collection, vector, count, _which(allowed))

    def vectors(self, numbers: Numbers) -> Vectors:
        """See `DenseSegment`; raises `Damaged` if one is not there."""
        held = self.milvus.vectors(self.collection, np.unique(numbers).tolist())
        try:
            return np.stack([held[number] for number in numbers.tolist()])
        except KeyError as error:
            raise Damaged(
                f"{self.milvus.address}: {self.collection} has no vector {error}; build anew with "
                "mali-index build --force"
            ) from None

    def cosines(self, vector: Vectors, numbers: Numbers) -> Vectors:
        """See `DenseSegment`."""
        wanted = np.unique(numbers)
        found = np.full(len(wanted), np.nan, dtype=np.float32)
        for begin in range(0, len(wanted), _ROWS):
            some = wanted[begin : begin + _ROWS]
            products, there = self.milvus.search(
                self.collection, vector, len(some), f"number in {some.tolist()}"
            )
            found[np.searchsorted(wanted, there)] = products
        # An index that is not exact may pass over some.
        missing = np.isnan(found)
        if missing.any():
            found[missing] = (self.vectors(wanted[missing]) * vector).sum(axis=1)
        of_each: Vectors = found[np.searchsorted(wanted, numbers)]
        return of_each


def _which(allowed: Flags | None) -> str:
    """A Milvus filter for the numbers that are allowed, by the shorter of two lists."""
    if allowed is None or allowed.all():
        return ""
    if 2 * int(allowed.sum()) > len(allowed):
        return f"number not in {np.flatnonzero(~allowed).tolist()}"
    return f"number in {np.flatnonzero(allowed).tolist()}"


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode("ascii")


def _unpacked(packed: str) -> bytes:
    return zlib.decompress(base64.b64decode(packed))


def _port_is_one(uri: str) -> bool:
    try:
        return urlsplit(uri).port != 0
    except ValueError:
        return False


@contextmanager
def _told(address: Address) -> Iterator[None]:
    """Whatever goes wrong with Milvus is told as `Unreachable`."""
    import grpc
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except (MilvusException, grpc.RpcError) as error:
        said = str(error.message if isinstance(error, MilvusException) else error.code())
        raise Unreachable(
            f"{address}: Milvus does not do as asked ({' '.join(said.split())[:200]}); see that it "
            "runs, that no other process holds it, and that MALI_INDEX is right"
        ) from None
