import type { Lesson } from '../src/lesson';
import { Line, Term } from '../src/prose';
import en from './05-zeroing.en.py';
import zh from './05-zeroing.zh.py';

export const zeroing: Lesson = {
  id: 'zeroing',
  number: 5,
  en: {
    goal: 'You will know how to begin a gradient afresh, and whose gradient that clears.',
    prose: () => (
      <>
        <p>
          Gradients pile up, as lesson 4 showed. In training that is rarely what you want. Once the weights have moved,
          the old gradient speaks of a place where they no longer are. So it is cleared before the next backward.
        </p>
        <p>
          Here is <code>y</code> = (2 + 1) × (1 + 1) = 6 once more, three times over. Each pass finds 5 for{' '}
          <code>w</code> and 2 for <code>x</code>. Then <Line n={10} /> calls <code>w.grad.zero_()</code>. The
          underscore at the end says <Term is="in-place">in place</Term>: the tensor <code>w.grad</code> stays, and a 0
          is written into it. Step to <Line n={8} /> in the second round. The 5 that arrives is added to 0.
        </p>
        <p>
          Training code mostly leaves this to an <Term is="optimizer" />. Its <Term is="zero_grad" /> does the same for
          every parameter that it was given, and for nothing else.
        </p>
        <p>
          At the end <Line n={12} /> shows the other way: with <code>x.grad = None</code> there is no gradient at all,
          and the next backward makes a new one. The last line printed tells the two apart: <code>tensor([0.])</code>{' '}
          and <code>None</code>. From PyTorch 2.0 on <code>zero_grad()</code> does the latter; before, it filled with
          zeros.
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          What does <Line n={9} /> print for <code>w.grad</code> and <code>x.grad</code> in the third round?
        </>
      ),
      choices: [
        '5 and 2: both begin afresh in every round',
        '5 and 6: only the gradient of w begins afresh',
        '15 and 6: zero_() makes a tensor of zeros, and nobody uses it',
        '0 and 6: the gradient of w has been cleared',
      ],
      right: 1,
      because: () => (
        <>
          <p>
            <code>w.grad.zero_()</code> clears that one tensor. <code>w.grad</code> goes 5, 0, 5, 0, 5, and is printed
            before it is cleared. <code>x.grad</code> is never cleared and grows: 2, then 2 + 2 = 4, then 4 + 2 = 6.
          </p>
          <p>
            In real code this happens to a parameter that someone forgot to give to the optimizer. There is no error. It
            does not learn, and its gradient grows and grows.
          </p>
        </>
      ),
    },
    code: en,
  },
  zh: {
    goal: '知道怎样让梯度从头算起，也知道清掉的到底是谁的梯度。',
    prose: () => (
      <>
        <p>
          第 4
          课看到，梯度会越积越多。训练时一般不希望这样：权重已经挪了地方，旧梯度说的还是老地方的事。所以下一次反向传播之前，要先清零。
        </p>
        <p>
          还是 <code>y</code> = (2 + 1) × (1 + 1) = 6，连算三轮。每一轮，<code>w</code> 的梯度都是 5，<code>x</code>{' '}
          的都是 2。然后
          <Line n={10} />
          调用 <code>w.grad.zero_()</code>。名字末尾的下划线表示
          <Term is="in-place" />：<code>w.grad</code> 这个张量还在，只是里面写成了 0。走到第二轮的
          <Line n={8} />
          看看：传来的 5 是加到 0 上的。
        </p>
        <p>
          训练代码里，这件事一般交给
          <Term is="optimizer" />
          ：它的 <Term is="zero_grad" /> 对交给它的每个参数做同样的事，别的张量一概不管。
        </p>
        <p>
          最后，
          <Line n={12} />
          是另一种清法：<code>x.grad = None</code>
          ，梯度干脆没有了，下次反向传播再新建。最后一行打印出了两者的区别：一个是 <code>tensor([0.])</code>，一个是{' '}
          <code>None</code>。从 PyTorch 2.0 起，<code>zero_grad()</code> 默认用后一种；在那之前是填 0。
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          第三轮里，
          <Line n={9} />
          打印的 <code>w.grad</code> 和 <code>x.grad</code> 各是多少？
        </>
      ),
      choices: [
        '5 和 2：每一轮两个都从头算起',
        '5 和 6：只有 w 的梯度从头算起',
        '15 和 6：zero_() 另外造了一个全 0 的张量，没人用它',
        '0 和 6：w 的梯度已经清掉了',
      ],
      right: 1,
      because: () => (
        <>
          <p>
            <code>w.grad.zero_()</code> 只清这一个张量。<code>w.grad</code> 依次是 5、0、5、0、5，而且是先打印、后清零。
            <code>x.grad</code> 从来没清过，一直往上加：2，然后 2 + 2 = 4，再然后 4 + 2 = 6。
          </p>
          <p>实际代码里，忘了交给优化器的参数就是这个下场：不报错，也学不到东西，梯度只管越积越大。</p>
        </>
      ),
    },
    code: zh,
  },
};
