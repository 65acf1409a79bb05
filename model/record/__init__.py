"""Record: declared outcomes of a quarter, by the names and units of docs/observables.md.

A `Book` turns one quarter's state into cubes; each `Outcome` reads an array off them. Outcomes are declared by topic
in modules of this package. Nothing in the model reads them, and they see no scenario files. Levels only: differences
are made elsewhere, once.
"""

from model.record.blocs import bloc_index
from model.record.book import Book, Fixed
from model.record.chained import ChainedGdp, ChainedPrice
from model.record.declare import Outcome
from model.record.recorder import Recorder, outcomes

__all__ = ["Book", "ChainedGdp", "ChainedPrice", "Fixed", "Outcome", "Recorder", "bloc_index", "outcomes"]
