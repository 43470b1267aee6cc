// programs.mjs - programs for the tests that are none of the lessons.

/** A chain of n tensors that joins its beginning again and again, and goes back through all of them. */
export const chain = (n) => [
  'import torch',
  'w = torch.tensor([1.01], requires_grad=True)',
  't0 = w * 1',
  ...Array.from({ length: n - 2 }, (_, i) => (i % 9 === 5 ? `t${i + 1} = t${i} + t${i - 4}` : `t${i + 1} = t${i} * 0.99`)),
  `t${n - 2}.backward()`,
  'print(w.grad)',
  '',
].join('\n');

/** Programs that fail, each in its own way: what they are answered with, and the line of it. */
export const failing = [
  { code: 'leaf_inplace', line: 3, marked: ['w'], says: /leaf Variable that requires grad/, source: 'import torch\nw = torch.tensor([1.], requires_grad=True)\nw += 1\n' },
  { code: 'graph_freed', line: 5, marked: ['y'], says: /backward through the graph a second time/, source: 'import torch\nw = torch.tensor([3.], requires_grad=True)\ny = w * w\ny.backward()\ny.backward()\n' },
  { code: 'saved_modified', line: 6, marked: ['y'], says: /modified by an inplace operation/, source: 'import torch\nw = torch.tensor([3.], requires_grad=True)\na = w * 2\ny = a * a\na += 1\ny.backward()\n' },
  { code: 'grad_not_scalar', line: 4, marked: ['y'], says: /only for scalar outputs/, source: 'import torch\nw = torch.tensor([1., 2.], requires_grad=True)\ny = w * 2\ny.backward()\n' },
  { code: 'no_graph', line: 4, marked: ['y'], says: /does not require grad/, source: 'import torch\nx = torch.tensor([1.])\ny = x * 2\ny.backward()\n' },
];
