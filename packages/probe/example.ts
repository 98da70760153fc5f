// A logistic regression on frozen features, to scikit-learn's optimum.
import { logisticRegression, predict } from '@simclr/probe';

const problem = { features: Float32Array.of(0, 1, 2, 3), labels: Int32Array.of(0, 0, 1, 1), dim: 1, classes: 2 };
console.log(predict(logisticRegression(problem, 1), Float32Array.of(-1, 4))); // Int32Array(2) [ 0, 1 ]
