// What `pickle.dumps({'labels': [6, 9]}, protocol=2)` gives, and a call of a function, which is not made.
import { PickledObject, readPickle } from '@simclr/pickle';

const dict = Buffer.from('\x80\x02}X\x06\0\0\0labels](K\x06K\tes.', 'latin1');
console.log(readPickle(dict, 'batch').value); // Map(1) { 'labels' => [ 6, 9 ] }
const call = readPickle(Buffer.from('\x80\x02cposix\nsystem\nU\x02ls\x85R.', 'latin1'), 'batch');
console.log(call.value instanceof PickledObject, [...call.strangers]); // true [ 'posix.system' ]
