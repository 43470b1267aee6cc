import type { Lesson } from '../src/lesson';
import { Line, Term } from '../src/prose';
import en from './02-leaves.en.py';
import zh from './02-leaves.zh.py';

export const leaves: Lesson = {
  id: 'leaves',
  number: 2,
  en: {
    goal: 'You will be able to say of any tensor whether it is a leaf, and why anyone cares.',
    prose: () => (
      <>
        <p>
          Gradients travel backwards through the graph until they can go no further. Where they end are the{' '}
          <Term is="leaf">leaves</Term>. PyTorch’s rule is short:{' '}
          <strong>
            a tensor is a leaf exactly when it has no <Term is="grad_fn" />.
          </strong>
        </p>
        <p>
          You made <code>w</code> and <code>x</code> yourself, so they are leaves. In <Line n={7} /> <code>a</code> = 2
          + 1 = 3 is computed from them. It gets an <code>AddBackward0</code>, so it is a <Term is="non-leaf" />.{' '}
          <code>c</code> is only data that nobody wants a gradient for. It has no <code>grad_fn</code> either: a leaf.
        </p>
        <p>
          <Term is="requires_grad" /> spreads on its own. A result requires a gradient as soon as <em>one</em> of its
          inputs does. Nobody said it of <code>a</code> or <code>y</code>, yet both print <code>True</code>.
        </p>
        <p>
          Why care? Because <code>backward()</code> keeps gradients only for leaves that require them. Those are the
          tensors that you own and will want to change, such as the weights of a net. Everything between is computed
          anew in the next round.
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          In <Line n={8} /> <code>d</code> = 3 × 2 = 6 is computed from <code>c</code>. Is <code>d</code> a leaf?
        </>
      ),
      choices: [
        'No: it is the result of an operation',
        'No: only tensors made with requires_grad=True are leaves',
        'Yes: the operation was not recorded, so d has no grad_fn',
        'Yes at first, but no longer after line 9 has used it',
      ],
      right: 2,
      because: () => (
        <>
          <p>
            <code>c</code> does not require a gradient, and neither does the number 2. So PyTorch records nothing in{' '}
            <Line n={8} />, and <code>d</code> gets no <code>grad_fn</code>. By the rule it is a leaf; the line printed
            for <code>a, d, y</code> says <code>False True False</code>.
          </p>
          <p>
            What counts is not whether a tensor was computed but whether that was <em>recorded</em>. In the graph,{' '}
            <code>d</code> has no connection back to <code>c</code>.
          </p>
        </>
      ),
    },
    code: en,
  },
  zh: {
    goal: '拿到任何一个张量，都能判断它是不是叶子，也明白为什么要分得清。',
    prose: () => (
      <>
        <p>
          梯度沿着计算图往回走，走到不能再走的地方，就是<Term is="leaf">叶子</Term>。PyTorch 的规则很短：
          <strong>
            没有 <Term is="grad_fn" /> 的张量就是叶子，有的就不是。
          </strong>
        </p>
        <p>
          <code>w</code> 和 <code>x</code> 是你自己创建的，所以是叶子。
          <Line n={7} />的 <code>a</code> = 2 + 1 = 3 由它们算出来，带上了 <code>AddBackward0</code>，所以是
          <Term is="non-leaf" />。<code>c</code> 只是普通数据，没人要它的梯度；它也没有 <code>grad_fn</code>
          ，同样是叶子。
        </p>
        <p>
          <Term is="requires_grad" /> 会自己往后传：输入里只要有<em>一个</em>要梯度，结果就要梯度。没有人替{' '}
          <code>a</code> 和 <code>y</code> 声明过，打印出来却都是 <code>True</code>。
        </p>
        <p>
          为什么要分得清？因为 <code>backward()</code>{' '}
          只给要梯度的叶子留下梯度。它们是你手里真正要调整的东西，比如网络的权重；中间结果下一轮反正要重新算，就不留了。
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          <Line n={8} />
          里，<code>d</code> = 3 × 2 = 6 由 <code>c</code> 算出来。<code>d</code> 是叶子吗？
        </>
      ),
      choices: [
        '不是：它是运算的结果',
        '不是：只有用 requires_grad=True 创建的张量才是叶子',
        '是：这步运算没有被记录，d 没有 grad_fn',
        '起初是，第 9 行用过它之后就不是了',
      ],
      right: 2,
      because: () => (
        <>
          <p>
            <code>c</code> 不要梯度，数字 2 也不要，所以
            <Line n={8} />
            什么都没有记录，<code>d</code> 也就没有 <code>grad_fn</code>
            。按规则它就是叶子：<code>a、d、y</code> 那一行打印的是 <code>False True False</code>。
          </p>
          <p>
            关键不在于张量是不是算出来的，而在于计算过程有没有被<em>记录</em>。在图里，<code>d</code> 没有连回{' '}
            <code>c</code> 的线。
          </p>
        </>
      ),
    },
    code: zh,
  },
};
