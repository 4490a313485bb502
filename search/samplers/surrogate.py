"""A model that guesses the merit of an individual, whole or in part, from its genes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

MEMBERS = 4
"""Networks in the ensemble, trained at once by batched products."""

WIDTH = 8
"""Length of a gene's embedding."""

HIDDEN = 48
BATCH = 64
LEARNING_RATE = 0.01
WEIGHT_DECAY = 0.01


class Surrogate(nn.Module):
    """An ensemble of small networks over embedded genes; genes beyond the prefix are masked.

    Genes are embedded, never taken as ordinal numbers: neighbours in a list of operators have
    nothing in common.

    Args:
        sizes: number of tokens of each gene.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.genes, self.alphabet = len(sizes), max(sizes) + 1
        self.embed = nn.Parameter(torch.randn(MEMBERS, self.genes * self.alphabet, WIDTH) * 0.5)
        self.into = _weights(self.genes * WIDTH, HIDDEN)
        self.bias = nn.Parameter(torch.zeros(MEMBERS, 1, HIDDEN))
        self.out = _weights(HIDDEN, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        """Guessed merit (members, N) of tokens (N, genes); -1 for genes that are not chosen."""
        start = torch.arange(self.genes) * self.alphabet
        vectors = self.embed[:, start + tokens + 1].flatten(2)
        hidden = torch.baddbmm(self.bias, vectors, self.into).relu()
        return torch.bmm(hidden, self.out)[..., 0]

    @torch.inference_mode()
    def guess(self, tokens: Tensor, member: int) -> Tensor:
        """Guessed merit (N,) by one member."""
        start = torch.arange(self.genes) * self.alphabet
        vectors = self.embed[member][start + tokens + 1].flatten(1)
        hidden = torch.addmm(self.bias[member], vectors, self.into[member]).relu()
        return (hidden @ self.out[member])[:, 0]


def fitted(
    sizes: Sequence[int],
    individuals: Sequence[Sequence[int]],
    merits: Sequence[float],
    *,
    steps: int,
    seed: int,
) -> Surrogate:
    """A surrogate trained on finished trials; its members differ by where they start.

    Half of what it sees are prefixes, whose merit is that of the individuals that begin so.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Surrogate(sizes)
        tokens, goal = torch.tensor(individuals), torch.tensor(merits)
        places = torch.arange(len(sizes))
        optimizer = torch.optim.AdamW(
            model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True
        )
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for _ in range(steps):
            rows = torch.randint(len(tokens), (BATCH,))
            lengths = torch.randint(1, 2 * len(sizes), (BATCH, 1))
            seen = tokens[rows].masked_fill(places >= lengths, -1)
            loss = (model(seen) - goal[rows]).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return model


def _weights(fan_in: int, fan_out: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(MEMBERS, fan_in, fan_out) * (2 / fan_in) ** 0.5)


def grown(
    model: Surrogate,
    sizes: Sequence[int],
    *,
    beam: int,
    temperature: float,
    member: int,
    seed: int,
) -> list[tuple[int, ...]]:
    """Individuals, best guess first, grown gene by gene from a beam of prefixes.

    At each gene every prefix is continued in every way, all of them are judged at once, and
    ``beam`` are kept: a draw without replacement from the softmax of their merits over
    ``temperature``.

    Source: Kool, van Hoof and Welling, "Stochastic beams and where to find them", ICML 2019
    (the largest of the perturbed scores are such a draw).
    """
    generator = torch.Generator().manual_seed(seed)
    prefixes = torch.full((1, len(sizes)), -1)
    for gene, size in enumerate(sizes):
        prefixes = prefixes.repeat_interleave(size, dim=0)
        prefixes[:, gene] = torch.arange(size).repeat(len(prefixes) // size)
        noise = torch.empty(len(prefixes)).exponential_(generator=generator).log()
        scores = model.guess(prefixes, member) - temperature * noise
        kept = scores.topk(min(beam, len(scores))).indices
        prefixes = prefixes[kept]
    return [tuple(individual) for individual in prefixes.tolist()]
