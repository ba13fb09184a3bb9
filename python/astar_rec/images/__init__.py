"""Lossless images with a VAE whose latents are sent by A* coding.

An image x is sent as a sample z of its posterior q(z | x), by A* coding, and then as x itself,
entropy-coded with p(x | z). On average that takes KL[q(z | x) || p(z)] - log2 p(x | z) bits: the
negative ELBO, and what the two coders add.

=============  ====================================================================
order          in which order pixels are coded, and what they know of each other
model          the networks, as they are trained (PyTorch)
training       training them (PyTorch)
curves         learning curves as a picture
quantise       from trained weights to integers
weights        files of weights
integers       networks in exact arithmetic
=============  ====================================================================
"""
