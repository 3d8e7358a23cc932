"""Which weights of the linear stage each row adds up: of its words, of its segments, and of pairs of them."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.ctr.audiences import Audiences
from models.ctr.dataset import Dataset
from models.ctr.weights import COUNTED, CROSSED, CROSSING, EDGES, HOURS

MIN_ROWS = 50
"""A pair seen on fewer of the rows that are learned from has no weight."""

Ids = NDArray[np.int32]
Coding = dict[str, dict[str, int]]


class Coded(NamedTuple):
    """Rows as codes: 0 is unknown; of segments each row has several."""

    words: dict[str, Ids]
    sizes: dict[str, int]
    rows: NDArray[np.int64]
    """The row of each membership."""
    members: Ids


class Block(NamedTuple):
    """Weights that share a width: a column, or a pair of columns."""

    candidate: str
    context: str
    id_of: Ids
    """By code, or by the candidate's code x size + the context's: the place of the weight, 0 for none."""


class Design(NamedTuple):
    """For each row the weights that it adds up: the same number of words and pairs for all, and those of its segments."""

    plain: Ids
    """Row by row of what all have, not of the table."""
    rows: NDArray[np.int64]
    ids: Ids


def coded_rows(
    data: Dataset, codes: Coding, segments: tuple[str, ...], turns: Mapping[str, int]
) -> Coded:
    """Return the rows of a table as codes, and who is in which of these segments; `turns`: see `Affinity`."""
    schema = data.schema
    words, sizes = {}, {}
    for place, column in enumerate(schema.words):
        known = codes.get(column, {})
        code_of = np.array(
            [known.get(word, 0) for word in data.vocabularies[place]] or [0], np.int32
        )
        words[column] = code_of[data.words[:, place]]
        sizes[column] = len(known) + 1
    hour = data.numbers[:, schema.numbers.index("hour")].astype(np.int32)
    words["hour"], words["local_hour"] = hour + 1, hour + 1
    sizes["hour"] = sizes["local_hour"] = HOURS + 1
    words["weekday"] = data.numbers[:, schema.numbers.index("weekday")].astype(np.int32) + 1
    sizes["weekday"] = 8
    if "country" in words:
        country = words["country"]
        words["country_hour"] = np.where(country > 0, (country - 1) * HOURS + words["hour"], 0)
        sizes["country_hour"] = (sizes["country"] - 1) * HOURS + 1
        turn_of = np.zeros(sizes["country"], np.int32)
        for name, turn in turns.items():
            turn_of[codes["country"].get(name, 0)] = turn
        turn_of[0] = 0
        words["local_hour"] = (hour + turn_of[country]) % HOURS + 1
    for column in COUNTED:
        if column in schema.numbers:
            values = data.numbers[:, schema.numbers.index(column)]
            buckets = np.searchsorted(EDGES, values, side="right") + 1
            words[column] = np.where(np.isnan(values), 1, buckets + 1).astype(np.int32)
            sizes[column] = len(EDGES) + 3
    rows, members = _memberships(data.audiences, segments)
    sizes["segment"] = len(segments) + 2
    return Coded(words, sizes, rows, members)


def _memberships(audiences: Audiences, segments: tuple[str, ...]) -> tuple[NDArray[np.int64], Ids]:
    """Return row and code of every membership; nobody known is code 1, the segments come behind."""
    code_of = {segment: code for code, segment in enumerate(segments, start=2)}
    code = np.array([code_of.get(each, 0) for each in audiences.vocabulary] or [0], np.int32)
    rows = np.repeat(np.arange(len(audiences.known)), np.diff(audiences.starts))
    nobody = np.flatnonzero(~audiences.known)
    every = np.concatenate([rows, nobody])
    members = np.concatenate([code[audiences.members], np.ones(len(nobody), np.int32)])
    order = np.argsort(every, kind="stable")
    return every[order], members[order]


def blocks_of(
    coded: Coded, taught: NDArray[np.intp], *, crossed: bool
) -> tuple[list[Block], NDArray[np.int64]]:
    """Return the blocks of weights that enough rows need, and the block of each weight; weight 0 is none. Not `crossed`: no pairs."""
    blocks: list[Block] = []
    groups = [0]
    here = _chosen(coded, taught)
    pairs = [("", column) for column in coded.sizes if column != "local_hour"]
    if crossed:
        there = set(coded.sizes)
        pairs += [(one, other) for one in CROSSING for other in CROSSED if {one, other} <= there]
    for number, (one, other) in enumerate(pairs):
        keys, _ = _keys(here, one, other)
        size = coded.sizes[other] * (coded.sizes[one] if one else 1)
        kept = np.flatnonzero(np.bincount(keys, minlength=size) >= MIN_ROWS)
        wide = coded.sizes[other]
        kept = kept[(kept % wide > 0) & ((kept // wide > 0) | (not one))]
        id_of = np.zeros(size, np.int32)
        id_of[kept] = np.arange(len(groups), len(groups) + len(kept))
        groups += [number + 1] * len(kept)
        blocks.append(Block(one, other, id_of))
    return blocks, np.array(groups)


def _chosen(coded: Coded, rows: NDArray[np.intp]) -> Coded:
    """Return the codes of some rows alone."""
    starts = np.searchsorted(coded.rows, np.arange(len(coded.words["hour"]) + 1))
    lengths = np.diff(starts)[rows]
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    members = coded.members[np.repeat(starts[:-1][rows], lengths) + within]
    words = {column: codes[rows] for column, codes in coded.words.items()}
    return Coded(words, coded.sizes, np.repeat(np.arange(len(rows)), lengths), members)


def _keys(coded: Coded, one: str, other: str) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Return the key of a column or pair for each row, or for each membership with its row."""
    rows = coded.rows if other == "segment" else None
    context = (coded.members if other == "segment" else coded.words[other]).astype(np.int64)
    if one:
        candidate = coded.words[one] if rows is None else coded.words[one][rows]
        context += candidate.astype(np.int64) * coded.sizes[other]
    return context, rows


def design_of(coded: Coded, blocks: list[Block]) -> Design:
    """Return the weights of every row."""
    plain, rows, ids = [], [], []
    for block in blocks:
        keys, where = _keys(coded, block.candidate, block.context)
        if where is None:
            plain.append(block.id_of[keys])
        else:
            rows.append(where)
            ids.append(block.id_of[keys])
    every, found = np.concatenate(rows), np.concatenate(ids)
    order = np.argsort(every, kind="stable")
    return Design(np.stack(plain), every[order], found[order])


def taken(design: Design, rows: NDArray[np.intp]) -> Design:
    """Return those of some rows alone."""
    starts = np.searchsorted(design.rows, np.arange(design.plain.shape[1] + 1))
    lengths = np.diff(starts)[rows]
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    ids = design.ids[np.repeat(starts[:-1][rows], lengths) + within]
    return Design(
        np.ascontiguousarray(design.plain[:, rows]), np.repeat(np.arange(len(rows)), lengths), ids
    )
