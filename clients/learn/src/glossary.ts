export interface Entry {
  en: string;
  zh: string;
  /** One sentence. */
  says: { en: string; zh: string };
  /** The name is an identifier. */
  code?: boolean;
}

export const glossary = {
  tensor: {
    en: 'tensor',
    zh: '张量',
    says: {
      en: 'A block of numbers with a shape: one number, a row, a table, or more dimensions.',
      zh: '带形状的一组数：可以是一个数、一行数、一张表，也可以有更多维。',
    },
  },
  scalar: {
    en: 'scalar',
    zh: '标量',
    says: {
      en: 'A single number; backward() without an argument starts only from a tensor that holds exactly one.',
      zh: '单独一个数；不带参数的 backward() 只能从恰好含一个数的张量出发。',
    },
  },
  dtype: {
    en: 'dtype',
    zh: '数据类型',
    says: {
      en: 'The kind of number that a tensor holds; only floating-point and complex ones can have gradients.',
      zh: '张量里存的是哪种数；只有浮点数和复数才能有梯度。',
    },
  },
  broadcast: {
    en: 'broadcasting',
    zh: '广播',
    says: {
      en: 'A small tensor is repeated to fit a larger one; on the way back its gradient is summed over the repeats.',
      zh: '小张量自动重复，凑成大张量的形状；反向时，重复出来的各份梯度会加回一起。',
    },
  },
  graph: {
    en: 'computation graph',
    zh: '计算图',
    says: {
      en: 'The record of which tensor was computed from which, and by what operation; it grows while the code runs.',
      zh: '记录哪个张量由哪些张量、经什么运算得来；代码一边跑，图一边长。',
    },
  },
  forward: {
    en: 'forward pass',
    zh: '前向传播',
    says: {
      en: 'Computing the result from the inputs, which also builds the graph.',
      zh: '从输入算到结果，同时把计算图搭起来。',
    },
  },
  backward: {
    en: 'backward pass',
    zh: '反向传播',
    says: {
      en: 'Walking the graph from the result back to the leaves and handing gradients on at every step.',
      zh: '从结果出发，沿计算图往回走到叶子，一步一步把梯度传下去。',
    },
  },
  gradient: {
    en: 'gradient',
    zh: '梯度',
    says: {
      en: 'How much the result changes for a tiny change of this tensor, per unit, one number for each of its elements.',
      zh: '这个张量动一点点，结果跟着变多少（按单位算），每个元素各有一个数。',
    },
  },
  'chain rule': {
    en: 'chain rule',
    zh: '链式法则',
    says: {
      en: 'Multiply the local derivatives along a path, and add up what different paths bring.',
      zh: '同一条路上的局部导数相乘，不同的路带来的结果相加。',
    },
  },
  'local derivative': {
    en: 'local derivative',
    zh: '局部导数',
    says: {
      en: 'The derivative of one operation alone, of its output by one of its inputs.',
      zh: '只看一步运算：它的输出对它某个输入的导数。',
    },
  },
  vjp: {
    en: 'vector–Jacobian product',
    zh: '向量-雅可比积',
    says: {
      en: 'What a backward step computes, VJP for short: the arriving gradient times the local derivatives, without writing out their whole table.',
      zh: '反向的每一步真正在算的东西，简称 VJP：传来的梯度乘以局部导数，而不必把整张雅可比矩阵写出来。',
    },
  },
  leaf: {
    en: 'leaf',
    zh: '叶子张量',
    says: {
      en: 'A tensor without a grad_fn: made by hand, or computed only from what needs no gradient.',
      zh: '没有 grad_fn 的张量：要么是自己创建的，要么只由不需要梯度的东西算出来。也叫叶子节点。',
    },
  },
  'non-leaf': {
    en: 'non-leaf',
    zh: '非叶子张量',
    says: {
      en: 'A tensor with a grad_fn: the recorded result of an operation; its gradient passes through and is not kept.',
      zh: '带 grad_fn 的张量，即有记录的运算结果；梯度从它身上经过，默认不保留。也叫中间节点。',
    },
  },
  node: {
    en: 'node',
    zh: '节点',
    says: {
      en: 'A place in the graph: an operation that gradients pass through, or a leaf where they end.',
      zh: '计算图上的一处：梯度经过的一步运算，或者梯度到达的叶子。',
    },
  },
  requires_grad: {
    en: 'requires_grad',
    zh: 'requires_grad',
    code: true,
    says: {
      en: 'The flag that asks for gradients: what is computed from such a tensor is recorded and carries the flag too.',
      zh: '“我要梯度”的标志：用这样的张量去算，过程会被记录，结果也带上这个标志。',
    },
  },
  grad_fn: {
    en: 'grad_fn',
    zh: 'grad_fn',
    code: true,
    says: {
      en: 'A tensor’s note of the operation that made it, which knows how to hand a gradient back to the inputs.',
      zh: '张量身上的一笔记录：自己由哪步运算得来，以及怎样把梯度交还给那步运算的输入。',
    },
  },
  retain_grad: {
    en: 'retain_grad()',
    zh: 'retain_grad()',
    code: true,
    says: {
      en: 'Asks a non-leaf to keep its gradient in .grad as a leaf does.',
      zh: '让非叶子张量也像叶子一样，把梯度留在 .grad 里。',
    },
  },
  accumulation: {
    en: 'accumulation',
    zh: '梯度累加',
    says: {
      en: 'backward() adds to the .grad that is there; it does not replace it.',
      zh: 'backward() 把新梯度加到已有的 .grad 上，而不是替换它。',
    },
  },
  zero_grad: {
    en: 'zero_grad()',
    zh: 'zero_grad()',
    code: true,
    says: {
      en: 'Clears the .grad of every parameter that the optimizer was given.',
      zh: '把交给优化器的所有参数的 .grad 清掉。',
    },
  },
  'saved tensor': {
    en: 'saved tensor',
    zh: '保存的张量',
    says: {
      en: 'A value of the forward pass that an operation keeps because its local derivative needs it.',
      zh: '前向时的某个值；求局部导数要用到它，运算就把它留了下来。',
    },
  },
  retain_graph: {
    en: 'retain_graph',
    zh: 'retain_graph',
    code: true,
    says: {
      en: 'An argument of one backward() call: do not free the saved tensors at the end, another pass will need them.',
      zh: 'backward() 的参数，只管这一次：走完先别释放保存的张量，后面还要再走一遍。',
    },
  },
  'in-place': {
    en: 'in-place operation',
    zh: '原地操作',
    says: {
      en: 'It writes into the memory of an existing tensor, as += and names that end in _ do, and makes no new one.',
      zh: '直接改写已有张量的内存，不新建张量，比如 += 和名字以 _ 结尾的方法。也叫 in-place 操作。',
    },
  },
  version: {
    en: 'version counter',
    zh: '版本号',
    says: {
      en: 'How often a tensor’s memory was written in place; by it backward() notices that a saved value is gone.',
      zh: '张量的内存被原地改过几次；backward() 靠它发现保存的值已经变了。',
    },
  },
  storage: {
    en: 'storage',
    zh: '存储',
    says: {
      en: 'The memory that holds a tensor’s numbers; several tensors may share one.',
      zh: '真正存放数据的那块内存；几个张量可以共用一块。',
    },
  },
  view: {
    en: 'view',
    zh: '视图',
    says: {
      en: 'A tensor that shows the storage of another in a different shape or in part, without a copy.',
      zh: '不复制数据，只是换个形状或只取一部分来看另一个张量的存储。',
    },
  },
  detach: {
    en: 'detach()',
    zh: 'detach()',
    code: true,
    says: {
      en: 'Gives a tensor with the same storage and no history: for backward() it is a constant.',
      zh: '得到一个共用存储、没有来历的张量；对 backward() 来说它就是常数。',
    },
  },
  no_grad: {
    en: 'no_grad()',
    zh: 'no_grad()',
    code: true,
    says: {
      en: 'Inside its with block PyTorch computes and records nothing.',
      zh: '在它的 with 块里，PyTorch 只计算，不记录。',
    },
  },
  parameter: {
    en: 'parameter',
    zh: '参数',
    says: {
      en: 'A leaf that training changes: a weight or a bias.',
      zh: '训练时要调整的叶子张量，例如权重和偏置。',
    },
  },
  loss: {
    en: 'loss',
    zh: '损失',
    says: {
      en: 'One number that says how wrong the predictions are; training makes it smaller.',
      zh: '用一个数衡量预测错得有多厉害；训练就是让它变小。',
    },
  },
  'learning rate': {
    en: 'learning rate',
    zh: '学习率',
    says: {
      en: 'The factor by which the gradient is multiplied to give the size of one step.',
      zh: '梯度乘上它，就是这一步要走的距离。',
    },
  },
  optimizer: {
    en: 'optimizer',
    zh: '优化器',
    says: {
      en: 'An object that is given the parameters and updates them from their .grad when step() is called.',
      zh: '把参数交给它，调用 step() 时它就按 .grad 更新参数。',
    },
  },
} satisfies Record<string, Entry>;

export type TermId = keyof typeof glossary;
