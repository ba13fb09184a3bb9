"""The main job at a small scale: send the exact posteriors of MNIST images.

A probabilistic PCA with 32 latents, fitted on the 60,000 training images of MNIST, has exact
Gaussian posteriors. For each of 100 test images, each method sends a sample of the posterior to a
receiver in another process, which gets nothing but the container. ``astar-rec demo`` runs it, and
needs the extra ``cli``; the model and the images come with the package. ``examples/mnist_ppca.py``
does the same for all 10,000 test images, with a model that it fits itself.

=============  ================================================================
ppca           the model: fit, posteriors, reconstructions
bundle         the model and the images that come with the package
transmission   one method: encode, decode in another process, compare, measure
receiver       that other process
report         all methods, as a table
picture        originals and reconstructions, side by side
=============  ================================================================
"""
