"""Relative entropy coding inside models of PyTorch: needs PyTorch (extra ``torch``).

`RelativeEntropyBottleneck` stands between an encoder and a decoder network. In training it gives a
reparametrised sample and its rate, in use it makes bytes of exact samples, and samples of bytes.

>>> import torch
>>> from torch.distributions import Normal
>>> from astar_rec.torch import RelativeEntropyBottleneck
>>> bottleneck = RelativeEntropyBottleneck(seed=1)
>>> posterior = Normal(torch.linspace(-2, 2, 120).reshape(3, 8, 5), 0.25)
>>> sample, bits = bottleneck(posterior)  # training: bits is differentiable
>>> strings = bottleneck.compress(posterior)  # one for each of three items
>>> bottleneck.decompress(strings, shape=(8, 5)).shape
torch.Size([3, 8, 5])

In the order of the way of the data: `families` (which distributions of PyTorch are taken),
`priors`, `grid` (priors that sender and receiver agree about to the last bit), `hyperprior`
(networks that give such priors), `overhead` (what bytes take beyond the KL divergence), `methods`
(which codec an item gets), `items` (which elements make a string), `strings` (its bytes), `coding`
(there and back), `bottleneck`. `isokl` has normals of a given KL divergence; `untraced` keeps
compilers off what calls NumPy. docs/torch.md is the guide.
"""

from .bottleneck import Rated, RelativeEntropyBottleneck
from .grid import PriorGrid
from .hyperprior import Hyperprior
from .isokl import IsoKLNormal
from .priors import ChannelPrior, StandardPrior

__all__ = [
    "ChannelPrior",
    "Hyperprior",
    "IsoKLNormal",
    "PriorGrid",
    "Rated",
    "RelativeEntropyBottleneck",
    "StandardPrior",
]
