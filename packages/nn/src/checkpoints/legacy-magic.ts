/** The first pickle: the number 0x1950a86a20f9469cfc6c (torch/serialization.py MAGIC_NUMBER), by protocol 2 and up. */
const MAGIC = Buffer.from('8a0a6cfc9c46f9206aa850192e', 'hex');

/** After the protocol, and a frame where it has those. */
export const isLegacyFile = (head: Buffer): boolean => head[0] === 0x80 && [2, 11].includes(head.indexOf(MAGIC));
