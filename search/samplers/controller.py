"""The recurrent controller of the reinforcement sampler; the only part of it that needs torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

IMPOSSIBLE = -1e9
"""Logit of a token that the gene does not have."""


class Controller(nn.Module):
    """An LSTM that emits one gene after the other, each from a head of its own.

    Its first answers are close to uniform. Genes have alphabets of different sizes; the heads are
    stacked into one tensor, padded, and tokens beyond an alphabet are masked.

    Source: Zoph and Le, "Neural architecture search with reinforcement learning", ICLR 2017.

    Args:
        sizes: number of tokens of each gene.
        hidden: units of the LSTM and length of the tokens' embeddings.
    """

    def __init__(self, sizes: Sequence[int], hidden: int) -> None:
        super().__init__()
        genes, largest = len(sizes), max(sizes)
        # Row 0 opens the sequence; each gene embeds its own tokens, and one for "missing".
        self.embed = nn.Embedding(1 + genes * (largest + 1), hidden)
        self.cell = nn.LSTM(hidden, hidden, batch_first=True)
        self.heads = nn.Parameter(torch.randn(genes, hidden, largest) * 0.1 / math.sqrt(hidden))
        self.bias = nn.Parameter(torch.zeros(genes, 1, largest))
        tokens = torch.arange(largest)
        legal = tokens < torch.tensor(sizes)[:, None]
        self.mask: Tensor
        self.start: Tensor
        self.register_buffer("mask", torch.where(legal, 0.0, IMPOSSIBLE)[:, None])
        self.register_buffer("start", 2 + torch.arange(genes) * (largest + 1))

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probability of each gene and entropy of its choice, both (N, genes).

        Tokens (N, genes) may be -1, missing: such genes have log-probability 0.
        """
        following = self.start[:-1] + tokens[:, :-1]
        first = following.new_zeros(len(tokens), 1)
        states, _ = self.cell(self.embed(torch.cat([first, following], dim=1)))
        logs = self._logs(states.transpose(0, 1)).transpose(0, 1)
        chosen = logs.gather(2, tokens.clamp_min(0)[..., None])[..., 0]
        entropy = -(logs.exp() * logs).sum(dim=2)
        return torch.where(tokens < 0, 0.0, chosen), entropy

    @torch.inference_mode()
    def sample(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Tokens (count, genes) and the log-probability of each individual (count,)."""
        seen = self.embed.weight[0].expand(count, 1, -1)
        memory: tuple[Tensor, Tensor] | None = None
        tokens, total = [], torch.zeros(count)
        for gene in range(len(self.heads)):
            states, memory = self.cell(seen, memory)
            logs = self._logs(states.transpose(0, 1), slice(gene, gene + 1))[0]
            chosen = torch.multinomial(logs.exp(), 1, generator=generator)
            total += logs.gather(1, chosen)[:, 0]
            tokens.append(chosen)
            seen = self.embed(self.start[gene] + chosen)
        return torch.cat(tokens, dim=1), total

    def _logs(self, states: Tensor, genes: slice = slice(None)) -> Tensor:
        """States (genes, N, hidden) to log-probabilities (genes, N, tokens)."""
        logits = torch.baddbmm(self.bias[genes], states, self.heads[genes]) + self.mask[genes]
        return logits.log_softmax(dim=2)


class Learner:
    """Several controllers with one reward, a baseline for it, and the optimizer that they share."""

    def __init__(
        self,
        parts: Sequence[Sequence[int]],
        sizes: Sequence[int],
        *,
        hidden: int,
        lr: float,
        seed: int,
    ) -> None:
        self.parts = [list(part) for part in parts]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.controllers = [Controller([sizes[i] for i in part], hidden) for part in parts]
        weights = [w for controller in self.controllers for w in controller.parameters()]
        self.steps = torch.optim.Adam(weights, lr=lr, fused=True)
        self.baseline = 0.0

    def sample(self, count: int, seed: int) -> tuple[list[tuple[int, ...]], list[float]]:
        """Individuals and their log-probabilities."""
        generator = torch.Generator().manual_seed(seed)
        genes = sum(map(len, self.parts))
        tokens, total = torch.empty(count, genes, dtype=torch.long), torch.zeros(count)
        for part, controller in zip(self.parts, self.controllers, strict=True):
            tokens[:, part], logs = controller.sample(count, generator)
            total += logs
        return [tuple(individual) for individual in tokens.tolist()], total.tolist()

    def learn(
        self,
        individuals: Sequence[Sequence[int]],
        advantages: Sequence[float],
        proposed_at: Sequence[float],
        *,
        entropy: float,
        clip: float,
    ) -> None:
        """One step of gradient on some finished trials.

        The ratio of an individual's probability now to that when it was proposed (given as a
        logarithm) weighs late results, and is clipped on the side that would run away.

        Source: Schulman et al., "Proximal policy optimization algorithms", 2017.
        """
        tokens = torch.tensor(individuals)
        gain = torch.tensor(advantages)
        now, doubt = torch.zeros(len(tokens)), torch.zeros(())
        for part, controller in zip(self.parts, self.controllers, strict=True):
            logs, entropies = controller(tokens[:, part])
            now = now + logs.sum(dim=1)
            doubt = doubt + entropies.sum(dim=1).mean()
        ratio = (now - torch.tensor(proposed_at)).clamp(-10, 10).exp()
        bounded = ratio.clamp(1 - clip, 1 + clip)
        loss = -torch.minimum(ratio * gain, bounded * gain).mean() - entropy * doubt
        self.steps.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.steps.step()
