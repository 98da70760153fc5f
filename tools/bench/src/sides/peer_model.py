"""The peers' network and loss, written by hand as people do: ResNet with the shortcut of SimCLR's reference code."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def conv(i, o, k, stride=1):
    return nn.Conv2d(i, o, k, stride, k // 2, bias=False)


class Basic(nn.Module):
    expansion = 1

    def __init__(self, i, f, stride, projection):
        super().__init__()
        self.c1, self.b1 = conv(i, f, 3, stride), nn.BatchNorm2d(f)
        self.c2, self.b2 = conv(f, f, 3), nn.BatchNorm2d(f)
        self.short = nn.Sequential(conv(i, f, 1, stride), nn.BatchNorm2d(f)) if projection else nn.Identity()

    def forward(self, x):
        y = F.relu(self.b1(self.c1(x)))
        return F.relu(self.b2(self.c2(y)) + self.short(x))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, i, f, stride, projection):
        super().__init__()
        self.c1, self.b1 = conv(i, f, 1), nn.BatchNorm2d(f)
        self.c2, self.b2 = conv(f, f, 3, stride), nn.BatchNorm2d(f)
        self.c3, self.b3 = conv(f, 4 * f, 1), nn.BatchNorm2d(4 * f)
        self.short = nn.Sequential(conv(i, 4 * f, 1, stride), nn.BatchNorm2d(4 * f)) if projection else nn.Identity()

    def forward(self, x):
        y = F.relu(self.b1(self.c1(x)))
        y = F.relu(self.b2(self.c2(y)))
        return F.relu(self.b3(self.c3(y)) + self.short(x))


class SimCLR(nn.Module):
    def __init__(self, depth, width, stem, out_dim=128):
        super().__init__()
        block = Bottleneck if depth >= 50 else Basic
        self.stem = nn.Sequential(conv(3, width, 3 if stem == 'cifar' else 7, 1 if stem == 'cifar' else 2), nn.BatchNorm2d(width), nn.ReLU())
        self.pool = nn.MaxPool2d(3, 2, 1) if stem == 'imagenet' else nn.Identity()
        layers, i = [], width
        for g, count in enumerate({18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}[depth]):
            for j in range(count):
                layers.append(block(i, width << g, 2 if g > 0 and j == 0 else 1, j == 0))
                i = (width << g) * block.expansion
        self.layers = nn.Sequential(*layers)
        last = nn.BatchNorm1d(out_dim)
        last.register_parameter('bias', None)
        self.head = nn.Sequential(nn.Linear(i, i, bias=False), nn.BatchNorm1d(i), nn.ReLU(), nn.Linear(i, out_dim, bias=False), last)

    def forward(self, x):
        return self.head(self.layers(self.pool(self.stem(x))).mean((2, 3)))


def nt_xent(z, temperature=0.5):
    z = F.normalize(z.float())
    n = z.shape[0] // 2
    logits = z @ z.t() / temperature - 1e9 * torch.eye(2 * n)
    return F.cross_entropy(logits, torch.cat([torch.arange(n) + n, torch.arange(n)]))


class Trainer:
    """variant: words of bf16, channels_last, compile"""

    def __init__(self, variant, depth, width, stem):
        torch.manual_seed(0)
        words = variant.split()
        self.bf16, self.layout = 'bf16' in words, torch.channels_last if 'channels_last' in words else torch.contiguous_format
        self.model = SimCLR(depth, width, stem).train().to(memory_format=self.layout)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.03, momentum=0.9)
        self.call = torch.compile(self.model) if 'compile' in words else self.model

    def step(self, x):
        x = x.contiguous(memory_format=self.layout)
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast('cpu', dtype=torch.bfloat16, enabled=self.bf16):
            z = self.call(x)
        loss = nt_xent(z)
        loss.backward()
        self.optimizer.step()
        return loss.item()
