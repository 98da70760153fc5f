"""Checkpoints of the reference's own networks with random weights, and what they give for random images.

    pip install tensorflow-cpu==2.21.0 tf_keras==2.21.0 absl-py
    git clone https://github.com/google-research/simclr && git -C simclr checkout 383d414
    python make_tensorflow.py simclr tf1 --depth 50 --image-size 33 --sk-ratio 0.0625 --layers 3
    python make_tensorflow.py simclr tf2 --depth 18 --image-size 16

tf1: tf.train.Saver's checkpoint, a Momentum slot among its variables. tf2: a SavedModel as tf2/run.py saves it, of which
the variables are kept. Both have a projection head and a classifier.
"""
import argparse
import os
import shutil
import sys

os.environ['TF_USE_LEGACY_KERAS'] = '1'
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
parser = argparse.ArgumentParser()
parser.add_argument('reference')
parser.add_argument('kind', choices=['tf1', 'tf2'])
parser.add_argument('--width', type=int, default=2)
parser.add_argument('--depth', type=int, default=50)
parser.add_argument('--image-size', type=int, default=33)
parser.add_argument('--sk-ratio', type=float, default=0.0)
parser.add_argument('--se-ratio', type=float, default=0.0)
parser.add_argument('--layers', type=int, default=2)
parser.add_argument('--images', type=int, default=2)
parser.add_argument('--out', default=os.path.dirname(os.path.abspath(__file__)))
args = parser.parse_args()
tf1 = args.kind == 'tf1'
sys.path.insert(0, os.path.join(args.reference, '' if tf1 else 'tf2'))

import numpy as np
import tensorflow as tf
from absl import flags

size = args.image_size
multiplier = args.width / 64
settings = dict(
    batch_norm_decay=0.9, global_bn=not tf1, sk_ratio=args.sk_ratio, se_ratio=args.se_ratio,
    train_mode='pretrain', fine_tune_after_block=-1, proj_out_dim=8, proj_head_mode='nonlinear',
    num_proj_layers=args.layers, ft_proj_selector=0, lineareval_while_pretraining=True, use_blur=False,
    resnet_depth=args.depth, width_multiplier=multiplier, image_size=size)
for name, value in settings.items():
    define = {bool: flags.DEFINE_bool, int: flags.DEFINE_integer, float: flags.DEFINE_float, str: flags.DEFINE_string}
    define[type(value)](name, value, '')
flags.FLAGS(['make'])
rng = np.random.default_rng(7)
images = rng.random((args.images, size, size, 3)).astype(np.float32)


def draw(name, shape):
    """Weights that keep activations near 1 and layers apart, batch norm's statistics among them."""
    if name.endswith('kernel'):
        return rng.uniform(-1, 1, shape) * np.sqrt(6 / np.prod(shape[:-1]))
    if name.endswith(('gamma', 'moving_variance')):
        return rng.uniform(0.5, 1.5, shape)
    return rng.uniform(-0.2, 0.2, shape)


def save_expected(features, projection, logits):
    from safetensors.numpy import save_file
    rows = {'images': images, 'features': features, 'projection': projection, 'logits': logits}
    save_file({key: np.ascontiguousarray(value, np.float32) for key, value in rows.items()},
              os.path.join(args.out, f'{args.kind}-expected.safetensors'))


def make_tf1():
    import tensorflow.compat.v1 as v1
    import model_util
    import resnet
    v1.disable_v2_behavior()
    x = v1.placeholder(tf.float32, images.shape)
    with v1.variable_scope('base_model'):
        network = resnet.resnet_v1(resnet_depth=settings['resnet_depth'], width_multiplier=multiplier, cifar_stem=size <= 32)
        features = network(x, is_training=False)
    z = model_util.projection_head(features, is_training=False)
    logits = model_util.supervised_head(features, 5, is_training=False)
    v1.train.get_or_create_global_step()
    v1.train.MomentumOptimizer(0.1, 0.9).minimize(tf.reduce_mean(logits ** 2))
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        for variable in v1.global_variables():
            if variable.dtype.base_dtype == tf.float32 and 'Momentum' not in variable.name:
                variable.load(draw(variable.op.name, variable.shape.as_list()), session)
        kept = [v for v in v1.global_variables() if 'Momentum' not in v.name or v.op.name == 'base_model/conv2d/kernel/Momentum']
        v1.train.Saver(kept, save_relative_paths=True).save(session, os.path.join(args.out, 'tf1/model.ckpt-7'), write_meta_graph=False)
        save_expected(*session.run([features, z, logits], {x: images}))


def make_tf2():
    import model
    network = model.Model(5)
    network(images, training=False)
    for variable in network.variables:
        variable.assign(draw(variable.name.split(':')[0], variable.shape.as_list()))

    class SimCLRModel(tf.Module):
        """As tf2/run.py build_saved_model, without its named activations."""

        def __init__(self):
            self.model = network
            self.trainable_variables_list = network.trainable_variables

        @tf.function
        def __call__(self, inputs, trainable):
            return self.model(inputs, training=trainable)

    module = SimCLRModel()
    module(images, trainable=False)
    saved = os.path.join(args.out, 'tf2')
    tf.saved_model.save(module, saved)
    for name in os.listdir(saved):
        path = os.path.join(saved, name)
        if name != 'variables':
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    features = network.resnet_model(images, training=False)
    z, logits = network(images, training=False)
    save_expected(features.numpy(), z.numpy(), logits.numpy())


make_tf1() if tf1 else make_tf2()
