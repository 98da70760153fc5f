"""Loss and gradients of a train step in float64, by PyTorch: a ResNet-10 of the CIFAR stem, a head of two layers, NT-Xent in
the paper's scale. Standard input: {state: {name: {shape, data}}, views: {shape, data}, temperature} as JSON; output:
{loss, gradients: {name: data}}."""
import json
import sys

import torch
import torch.nn.functional as F

given = json.load(sys.stdin)


def tensor(t):
    return torch.tensor(t['data'], dtype=torch.float64).reshape(t['shape'])


params = {name: tensor(t).requires_grad_() for name, t in given['state'].items() if 'moving_' not in name}


def norm(name, x):
    axes = [i for i in range(x.dim()) if i != 1]
    shape = [1, -1] + [1] * (x.dim() - 2)
    mean = x.mean(axes, keepdim=True)
    variance = ((x - mean) ** 2).mean(axes, keepdim=True)
    y = (x - mean) / torch.sqrt(variance + 1e-5) * params[f'{name}/gamma'].reshape(shape)
    beta = params.get(f'{name}/beta')
    return y if beta is None else y + beta.reshape(shape)


def conv_norm(name, n, x, stride=1):
    kernel = params[f'{name}/conv{n}/kernel'].permute(3, 2, 0, 1)
    return norm(f'{name}/bn{n}', F.conv2d(x, kernel, stride=stride, padding=kernel.shape[2] // 2))


h = torch.relu(conv_norm('stem', 1, tensor(given['views']).permute(0, 3, 1, 2)))
for group in range(1, 5):
    name = f'group{group}/block1'
    stride = 1 if group == 1 else 2
    main = conv_norm(name, 2, torch.relu(conv_norm(name, 1, h, stride)))
    h = torch.relu(main + conv_norm(f'{name}/shortcut', 1, h, stride))
h = h.mean([2, 3])
h = torch.relu(norm('head/layer1/bn', h @ params['head/layer1/kernel']))
z = F.normalize(norm('head/layer2/bn', h @ params['head/layer2/kernel']))
n = len(z) // 2
logits = (z @ z.T / given['temperature']).masked_fill(torch.eye(2 * n, dtype=torch.bool), -torch.inf)
loss = F.cross_entropy(logits, (torch.arange(2 * n) + n) % (2 * n))
loss.backward()
gradients = {name: p.grad.flatten().tolist() for name, p in params.items()}
json.dump({'loss': loss.item(), 'gradients': gradients}, sys.stdout)
