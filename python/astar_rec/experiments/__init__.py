"""The experiments of the paper, and what they show here: docs/experiments.md.

``astar-rec experiments`` runs them, and needs the extra ``experiments``.

==============  ================================================================
experiment      what an experiment is: a name, `run` for rows, `draw` for a picture
targets         normals of a given KL divergence, D∞ or information
lengths         depths of indices, and what they take
drawing         colours and figures, the same for all
steps           steps against D∞
codelength      bits against the KL divergence, by codec and index code
bias            how far approximate codecs are from the target, at equal bits
blocks          overhead and time against the size of blocks
families        overhead and steps for all pairs of families, and wide targets
all             the list of them; rows and pictures as files
==============  ================================================================

A new experiment is a file with a subclass of `Experiment`, and a line in ``all``.
"""
