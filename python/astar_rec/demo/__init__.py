"""The main job at a small scale: 100 images of MNIST, losslessly, with A* coding.

The IsoKL VAE that comes with the package compresses 100 test images by each method; a receiver in
another process gets nothing but the file, and restores them. ``astar-rec demo`` runs it, and needs
the extras ``cli`` and ``images``. ``benchmarks/mnist.py`` does the same with all 10,000 test
images, and with other models.

=============  ================================================================
sample         the images that come with the package
methods        the ways of sending latents that are compared
transmission   one method: compress, restore in another process, compare
receiver       that other process
shares         what the bits of a file are spent on
alone          files of one image each
peers          PNG, WebP, JPEG XL, bz2, xz on the same images
report         all of it, as a table
picture        test images, and images drawn from the model
=============  ================================================================
"""
