"""PyTorch files with random weights, and what torch computes from them for random images.

    pip install torch==2.13.0 numpy safetensors
    python make_pytorch.py                                        # the files of the tests
    python make_pytorch.py --width 8 --image-size 64 --out folder # larger ones

Networks as torchvision.models.resnet has them, names and padding included, written out here without torchvision.
"""
import argparse
import os
import pathlib
import pickle
import zipfile
from collections import Counter, OrderedDict, defaultdict

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument('--width', type=int)
parser.add_argument('--image-size', type=int, default=40)
parser.add_argument('--out', default=os.path.dirname(os.path.abspath(__file__)))
args = parser.parse_args()
os.makedirs(args.out, exist_ok=True)
at = lambda name: os.path.join(args.out, name)


def conv(cin, cout, size, stride=1):
    return nn.Conv2d(cin, cout, size, stride, padding=size // 2, bias=False)


class Block(nn.Module):
    def __init__(self, cin, planes, stride, bottleneck):
        super().__init__()
        cout = planes * 4 if bottleneck else planes
        if bottleneck:
            self.conv1, self.bn1 = conv(cin, planes, 1), nn.BatchNorm2d(planes)
            self.conv2, self.bn2 = conv(planes, planes, 3, stride), nn.BatchNorm2d(planes)
            self.conv3, self.bn3 = conv(planes, cout, 1), nn.BatchNorm2d(cout)
        else:
            self.conv1, self.bn1 = conv(cin, planes, 3, stride), nn.BatchNorm2d(planes)
            self.conv2, self.bn2 = conv(planes, planes, 3), nn.BatchNorm2d(planes)
        self.relu = nn.ReLU()
        self.downsample = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(conv(cin, cout, 1, stride), nn.BatchNorm2d(cout))
        self.bottleneck = bottleneck

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.bottleneck:
            y = self.bn3(self.conv3(self.relu(y)))
        return self.relu(y + shortcut)


class ResNet(nn.Module):
    def __init__(self, blocks, bottleneck, width, size=7):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, size, 2 if size == 7 else 1, padding=size // 2, bias=False)
        self.bn1, self.relu = nn.BatchNorm2d(width), nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, padding=1) if size == 7 else nn.Identity()
        cin = width
        for group, count in enumerate(blocks):
            planes, layers = width * 2 ** group, []
            for i in range(count):
                layers.append(Block(cin, planes, 2 if i == 0 and group > 0 else 1, bottleneck))
                cin = planes * 4 if bottleneck else planes
            setattr(self, f'layer{group + 1}', nn.Sequential(*layers))
        self.fc = nn.Linear(cin, 5)

    def forward(self, images):
        """images [n, 3, h, w] in [0, 1]"""
        mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        x = (images - mean[:, None, None]) / std[:, None, None]
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for group in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = group(x)
        return x.mean((2, 3))


def make(seed, *network):
    """Weights that keep activations near 1 and layers apart, batch norm's statistics among them."""
    torch.manual_seed(seed)
    model = ResNet(*network).eval()
    for name, tensor in model.state_dict().items():
        if tensor.ndim == 4:
            tensor.uniform_(-1, 1).mul_((6 / tensor[0].numel()) ** 0.5)
        elif name.endswith('num_batches_tracked'):
            tensor.fill_(100)
        elif name.endswith('running_var') or name.endswith('weight'):
            tensor.uniform_(0.5, 1.5)
        else:
            tensor.uniform_(-0.2, 0.2)
    return model


def expected(model, image_size=args.image_size):
    images = torch.rand(2, 3, image_size, image_size)
    with torch.no_grad():
        return {'images': images.permute(0, 2, 3, 1).contiguous(), 'features': model(images)}


resnet18 = make(1, [2, 2, 2, 2], False, args.width or 2)
torch.save(resnet18.state_dict(), at('resnet18.pth'))
save_file(expected(resnet18), at('resnet18-expected.safetensors'))

resnet50 = make(2, [3, 4, 6, 3], True, args.width or 1)
resnet50.load_state_dict({name: tensor.half().to(tensor.dtype) for name, tensor in resnet50.state_dict().items()})
save_file({f'module.encoder.{name}': tensor.half() if tensor.is_floating_point() else tensor
           for name, tensor in resnet50.state_dict().items()}, at('resnet50.safetensors'))
save_file(expected(resnet50), at('resnet50-expected.safetensors'))
if args.width:
    torch.save({'epoch': 3, 'state_dict': {f'module.{k}': v for k, v in resnet50.state_dict().items()}}, at('resnet50.pth'))
    raise SystemExit

# One set of weights, and the features of networks that differ where names and shapes do not show it.
resnet10 = make(3, [1, 1, 1, 1], False, 2, 3)
save_file(resnet10.state_dict(), at('resnet10.safetensors'))
same = {**expected(resnet10, 16)}
images = same['images'].permute(0, 3, 1, 2)
with torch.no_grad():
    resnet10.conv1.padding = (2, 2)
    same['stemPadding'] = resnet10(images)
    resnet10.conv1.padding, resnet10.conv1.stride = (1, 1), (2, 2)
    same['stemStride'] = resnet10(images)
    resnet10.conv1.stride, resnet10.maxpool = (1, 1), nn.MaxPool2d(3, 2, padding=1)
    same['stemPool'] = resnet10(images)
    for block in [group[0] for group in (resnet50.layer2, resnet50.layer3, resnet50.layer4)]:
        block.conv1.stride, block.conv2.stride = (2, 2), (1, 1)
    same['bottleneckStride'] = resnet50(images)
    resnet18.maxpool = nn.Identity()
    same['noPool'] = resnet18(images)
save_file(same, at('geometry-expected.safetensors'))

base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 8
torch.save({
    'epoch': 90, 'best': 0.5, 'arch': 'resnet50', 'done': True, 'history': [1, 2, 70000, -1, None, ('a', 2 ** 40)],
    'state_dict': OrderedDict([
        ('float32', base), ('transposed', base.permute(2, 0, 1)), ('row', base[1]), ('column', base[:, 1, ::2]),
        ('expanded', base[0, 0, :1].expand(3)), ('parameter', nn.Parameter(base[0])), ('scalar', torch.tensor(2.5)),
        ('empty', torch.zeros(0, 3)), ('float16', base.half()), ('bfloat16', base.bfloat16()), ('double', base.double()),
        ('long', torch.tensor([3, -4])), ('int', torch.tensor([5], dtype=torch.int32))]),
}, at('kinds.pth'))
torch.save({'conv1.weight': base}, at('legacy.pth'), _use_new_zipfile_serialization=False)
with zipfile.ZipFile(at('kinds.pth')) as stored, zipfile.ZipFile(at('deflated.pth'), 'w', zipfile.ZIP_DEFLATED) as packed:
    for name in stored.namelist():
        packed.writestr(name, stored.read(name))

# What training programs save beside the weights, in every format.
weights = OrderedDict([('weight', base[0]), ('bias', base[1, 0]), ('steps', torch.tensor([2 ** 40]))])
weights._metadata = {'': {'version': 1}}
beside = {
    'state_dict': {f'module.{name}': tensor for name, tensor in weights.items()}, 'best_acc1': torch.tensor(71.5),
    'args': argparse.Namespace(lr=0.1), 'milestones': Counter([10, 20]), 'shape': torch.Size([3, 32]),
    'dtype': torch.float16, 'device': torch.device('cpu'), 'score': np.float64(0.7), 'array': np.zeros(3),
    'paths': {pathlib.Path('x')}, 'defaults': defaultdict(list, {1: [2]}), 'big': 2 ** 70, 'bytes': b'\xff',
    'bool': torch.tensor([True]), 'int8': torch.tensor([-3], dtype=torch.int8),
    'int16': torch.tensor([-300], dtype=torch.int16), 'uint8': torch.tensor([255], dtype=torch.uint8),
    'complex': torch.zeros(2, dtype=torch.complex64), 'float8': torch.zeros(2).to(torch.float8_e4m3fn),
    'sparse': torch.eye(2).to_sparse(), 'callbacks': {'EarlyStopping': {'best_score': torch.tensor(0.5)}},
    'loops': [{'progress': torch.tensor(3.0)}], 'same': base[0],
}
for protocol in (1, 2, 3, 4, 5):
    torch.save(beside, at(f'beside-{protocol}.pth'), pickle_protocol=protocol)
torch.save({name: value for name, value in beside.items() if name != 'float8'}, at('beside-legacy.pth'),
           _use_new_zipfile_serialization=False)


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.heads = nn.Conv2d(1, 2, 1), nn.ModuleList([nn.BatchNorm1d(2)])


torch.save({'epoch': 3, 'model': Tiny()}, at('module.pth'))
torch.jit.save(torch.jit.script(nn.Linear(2, 2)), at('script.pt'))


class Foreign:
    def __reduce__(self):
        return os.system, ('touch executed',)


with zipfile.ZipFile(at('foreign.pth'), 'w') as archive:
    archive.writestr('archive/data.pkl', pickle.dumps({'state_dict': Foreign()}, protocol=2))
    archive.writestr('archive/version', '3\n')
