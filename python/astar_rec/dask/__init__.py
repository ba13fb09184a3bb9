"""Relative entropy coding of data beyond one machine's memory: needs dask (extra ``dask``).

`compress` encodes distributions whose parameters are dask arrays, where their chunks lie and by any
of dask's schedulers, into the container that `astar_rec.compress` would make at once. `open` makes
a lazy array of it, which decodes the chunks that are asked for.

>>> import dask.array as da
>>> import astar_rec as rec
>>> import astar_rec.dask as rd
>>> rng = da.random.default_rng(0)
>>> q = rd.Normal(0.9 * rng.normal(size=(300, 100), chunks=(100, 50)), 0.25)
>>> p = rec.Normal(0.0, 1.0)
>>> size = rd.compress(q, p, "latents.rec", codec=rec.PolarCoding(seed=1))
>>> x = rd.open("latents.rec", p)
>>> x.shape, x[:10].compute().shape
((300, 100), (10, 100))

In the order of the way of the data: `arrays` (which arrays are taken), `distributions`, `tasks`
(what workers do), `stores` (where bytes are put: a file, a folder of parts, an object store),
`compression`, `opening`. docs/dask.md is the guide.
"""

from .compression import compress, join
from .distributions import Categorical, Histogram, Laplace, Logistic, Mixture, Normal, Uniform
from .opening import open  # noqa: A004

__all__ = [
    "Categorical",
    "Histogram",
    "Laplace",
    "Logistic",
    "Mixture",
    "Normal",
    "Uniform",
    "compress",
    "join",
    "open",
]
