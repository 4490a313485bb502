"""The networks of the NAO sampler: encoder, predictor and decoder; the only part with torch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

IMPOSSIBLE = -1e9
"""Logit of a token that the gene does not have."""

BATCH = 32


class Autoencoder(nn.Module):
    """Individuals to a continuous space and back, with a guess of their merit in between.

    An individual of G genes is encoded as G vectors of unit length. The predictor reads their
    mean; the decoder emits gene after gene and looks back at the vectors by attention.

    Source: Luo, Tian, Qin, Chen and Liu, "Neural architecture optimization", NeurIPS 2018.

    Args:
        sizes: number of tokens of each gene.
        hidden: length of the vectors.
    """

    def __init__(self, sizes: Sequence[int], hidden: int) -> None:
        super().__init__()
        genes, largest = len(sizes), max(sizes)
        self.sizes = tuple(sizes)
        # Each gene embeds its own tokens, and one for "missing"; the last row opens the decoder.
        self.embed = nn.Embedding(genes * (largest + 1) + 1, hidden)
        self.encoder = nn.LSTM(hidden, hidden, batch_first=True, bidirectional=True)
        self.narrow = nn.Linear(2 * hidden, hidden)
        self.predictor = nn.Sequential(
            nn.Linear(genes * hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )
        self.decoder = nn.LSTM(hidden, hidden, batch_first=True)
        self.heads = nn.Parameter(torch.randn(genes, 2 * hidden, largest) * hidden**-0.5)
        legal = torch.arange(largest) < torch.tensor(self.sizes)[:, None]
        self.mask: Tensor
        self.start: Tensor
        self.register_buffer("mask", torch.where(legal, 0.0, IMPOSSIBLE)[:, None])
        self.register_buffer("start", 1 + torch.arange(genes) * (largest + 1))

    def encode(self, tokens: Tensor) -> Tensor:
        """Tokens (N, genes), -1 for a missing one, to vectors (N, genes, hidden)."""
        states, _ = self.encoder(self.embed(self.start + tokens))
        return nn.functional.normalize(self.narrow(states), dim=2)

    def predict(self, codes: Tensor) -> Tensor:
        """Vectors (N, genes, hidden) to guessed merit (N,)."""
        merit: Tensor = self.predictor(codes.flatten(1))[:, 0]
        return merit

    def decode(self, codes: Tensor, tokens: Tensor) -> Tensor:
        """Log-probabilities (genes, N, tokens) of each gene, given the true ones before it."""
        opened = torch.full_like(tokens[:, :1], self.embed.num_embeddings - 1)
        inputs = torch.cat([opened, (self.start + tokens)[:, :-1]], dim=1)
        states, _ = self.decoder(self.embed(inputs), _opening(codes))
        return self._logs(states, codes)

    @torch.inference_mode()
    def greedy(self, codes: Tensor) -> Tensor:
        """The most probable tokens (N, genes), gene by gene."""
        count, genes = codes.shape[:2]
        following = torch.full((count, 1), self.embed.num_embeddings - 1)
        memory = _opening(codes)
        chosen = []
        for gene in range(genes):
            states, memory = self.decoder(self.embed(following), memory)
            logs = self._logs(states, codes, slice(gene, gene + 1))[0]
            chosen.append(logs.argmax(dim=1, keepdim=True))
            following = self.start[gene] + chosen[-1]
        return torch.cat(chosen, dim=1)

    def _logs(self, states: Tensor, codes: Tensor, genes: slice = slice(None)) -> Tensor:
        weights = (states @ codes.transpose(1, 2)).softmax(dim=2)
        joined = torch.cat([states, weights @ codes], dim=2).transpose(0, 1)
        return (joined @ self.heads[genes] + self.mask[genes]).log_softmax(dim=2)


class Optimiser:
    """Trains an autoencoder and walks uphill in its space.

    Args:
        sizes: number of tokens of each gene.
        hidden: length of the vectors.
        lr: Adam's learning rate.
        balance: share of the predictor's loss; the rest is the decoder's.
        seed: draws the weights.
    """

    def __init__(
        self, sizes: Sequence[int], *, hidden: int, lr: float, balance: float, seed: int
    ) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.model = Autoencoder(sizes, hidden)
        self.steps = torch.optim.AdamW(
            self.model.parameters(), lr=lr, weight_decay=1e-3, fused=True
        )
        self.balance = balance
        self.generator = torch.Generator().manual_seed(seed)

    def learn(
        self, individuals: Sequence[Sequence[int]], merits: Sequence[float], *, steps: int
    ) -> None:
        """``steps`` batches of finished trials, and as many random individuals to reconstruct."""
        tokens, goals = torch.tensor(individuals), torch.tensor(merits)
        model = self.model
        for _ in range(steps):
            rows = torch.randint(len(tokens), (BATCH,), generator=self.generator)
            batch = torch.cat([tokens[rows], self._random(BATCH)])
            codes = model.encode(batch)
            wrong = (model.predict(codes[:BATCH]) - goals[rows]).square().mean()
            logs = model.decode(codes, batch).flatten(0, 1)
            unlike = nn.functional.nll_loss(logs, batch.T.flatten(), ignore_index=-1)
            loss = self.balance * wrong + (1 - self.balance) * unlike
            self.steps.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.steps.step()

    def climb(self, start: Sequence[int], *, step: float, steps: int) -> list[tuple[int, ...]]:
        """What the points along ``steps`` of gradient from ``start`` decode to, in that order."""
        codes = self.model.encode(torch.tensor([start])).detach()
        path = []
        for _ in range(steps):
            codes.requires_grad_()
            (uphill,) = torch.autograd.grad(self.model.predict(codes).sum(), codes)
            moved = codes.detach() + step * uphill / uphill.norm().clamp_min(1e-9)
            codes = nn.functional.normalize(moved, dim=2)
            path.append(codes)
        return [tuple(tokens) for tokens in self.model.greedy(torch.cat(path)).tolist()]

    @torch.inference_mode()
    def ranked(self, individuals: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
        """The individuals, best guess first."""
        guesses = self.model.predict(self.model.encode(torch.tensor(individuals)))
        return [tuple(individuals[i]) for i in guesses.argsort(descending=True, stable=True)]

    def _random(self, count: int) -> Tensor:
        sizes = torch.tensor(self.model.sizes)
        unit = torch.rand(count, len(sizes), generator=self.generator)
        return (unit * sizes).long()


def _opening(codes: Tensor) -> tuple[Tensor, Tensor]:
    """State in which the decoder starts: the mean of the vectors."""
    mean = codes.mean(dim=1)[None].contiguous()
    return mean, torch.zeros_like(mean)
