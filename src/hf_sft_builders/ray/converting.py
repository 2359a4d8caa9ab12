"""`sft.ray.conversion(rows, to="sharegpt")`: a conversion of formats for `map_batches`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.conversion import Conversion
from hf_sft_builders.formats.converting import output_features, plan

if TYPE_CHECKING:
    import ray.data

_SAMPLE = 1000


@dataclass(frozen=True)
class TypedConversion:
    """A conversion whose tables all have the same types, whatever a block happens to hold."""

    conversion: Conversion
    schema: pa.Schema

    def __call__(self, table: pa.Table) -> pa.Table:
        """Convert a batch.

        Raises:
            ConfigurationError: for a batch that is no Arrow table.
            LossyConversion: naming what would be lost.
            FormatError: for a row that the target cannot say.
        """
        if not isinstance(table, pa.Table):
            raise ConfigurationError(
                f"A conversion takes Arrow tables; got {type(table).__name__}. Write "
                'rows.map_batches(conversion, batch_format="pyarrow").'
            )
        return self.conversion(table).cast(self.schema)


def conversion(
    rows: ray.data.Dataset,
    to: str | Mapping[str, str],
    *,
    from_format: str | None = None,
    columns: Mapping[str, str] | None = None,
    allow_loss: bool = False,
) -> TypedConversion:
    """Give what converts batches of rows into another format; for arguments see `sft.convert`.

    Args:
        rows: Its first rows tell the format and the types.
        to: Name of a format, or a layout of your own.
        from_format: The format of the rows, found by them where it is not given.
        columns: Your column → the column of `from_format`.
        allow_loss: Take away what the target has no place for, rather than raise.

    Example:
        >>> convert = sft.ray.conversion(rows, to="sharegpt")
        >>> rows.map_batches(convert, batch_format="pyarrow")
    """
    import datasets

    head: Any = rows.take_batch(_SAMPLE, batch_format="pyarrow")
    first = datasets.Dataset(head)
    found = plan(first, to, from_format=from_format, columns=columns, allow_loss=allow_loss)
    return TypedConversion(found, output_features(first, found).arrow_schema)
