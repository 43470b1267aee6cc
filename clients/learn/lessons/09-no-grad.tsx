import type { Lesson } from '../src/lesson';
import { Line, Term } from '../src/prose';
import en from './09-no-grad.en.py';
import zh from './09-no-grad.zh.py';

export const noGrad: Lesson = {
  id: 'no-grad',
  number: 9,
  en: {
    goal: 'You will know how to compute without recording, and how a weight is changed.',
    prose: () => (
      <>
        <p>
          Recording costs time and memory. When a finished model only answers questions, nobody will ever call{' '}
          <code>backward()</code>. Under <Term is="no_grad">with torch.no_grad()</Term> PyTorch computes the same
          numbers and takes no notes.
        </p>
        <p>
          Compare <Line n={6} /> with <Line n={10} />. It is the same formula with the same inputs, and both give 6. But{' '}
          <code>y</code> prints a <code>grad_fn</code> and <code>v</code> does not. In the graph no connection leads
          back from <code>v</code>, although <code>w</code> requires a gradient.
        </p>
        <p>
          Lesson 8 cut off one <em>tensor</em>. This switch is about a stretch of <em>code</em>: recording stops where
          the block begins and goes on where it ends.
        </p>
        <p>
          Its second use is learning. <code>w.grad</code> is 5: more <code>w</code> means more <code>y</code>. To make{' '}
          <code>y</code> smaller, <Line n={11} /> takes a step the other way, 0.1 times the gradient; 0.1 is the{' '}
          <Term is="learning rate" />. This writes into a leaf in place. With recording on it would be the error of
          lesson 7. With recording off it is allowed.
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          What is <code>w</code> after <Line n={11} />?
        </>
      ),
      choices: [
        '0.5, a leaf that requires a gradient, as before',
        '0.5, but it requires no gradient any more: it was written under no_grad',
        '0.5, but it is no leaf any more: it is the result of a subtraction',
        'Still 1: under no_grad nothing is changed',
      ],
      right: 0,
      because: () => (
        <>
          <p>
            1 − 0.1 × 5 = 0.5, written into the same tensor. <code>requires_grad</code> belongs to the tensor and stays.
            The subtraction was not recorded, so there is no <code>grad_fn</code>, and <code>w</code> is a leaf as
            before. It is ready for the next round.
          </p>
          <p>
            Beware of <code>w = w - 0.1 * w.grad</code> in its place. That makes a new tensor, under{' '}
            <code>no_grad</code>: it is 0.5 too, but requires no gradient, and the next <code>backward()</code> has
            nowhere to go.
          </p>
        </>
      ),
    },
    code: en,
  },
  zh: {
    goal: '知道怎样只计算不记录，也知道权重是怎么改的。',
    prose: () => (
      <>
        <p>
          记录要花时间，也要花内存。模型训练好了，只拿来推理，没有人会再调用 <code>backward()</code>。在{' '}
          <Term is="no_grad">with torch.no_grad()</Term> 里面，PyTorch 算出同样的数，但不记账。
        </p>
        <p>
          对比
          <Line n={6} />和<Line n={10} />
          ：同一个算式，同样的输入，结果都是 6。可打印出来，<code>y</code> 带着 <code>grad_fn</code>，<code>v</code>{' '}
          没有。在图里，虽然 <code>w</code> 要梯度，<code>v</code> 却没有往回的连线。
        </p>
        <p>
          第 8 课切断的是一个<em>张量</em>，这里管的是一段<em>代码</em>：进入这个块就停止记录，出来再继续。
        </p>
        <p>
          它的第二个用处是学习。<code>w.grad</code> 是 5，说明 <code>w</code> 越大 <code>y</code> 越大。想让{' '}
          <code>y</code> 变小，
          <Line n={11} />
          就往反方向走一步，步长是梯度的 0.1 倍，这个 0.1 叫<Term is="learning rate" />
          。这是在原地改叶子：正在记录时，就是第 7 课说的那个错误；不记录时，就允许。
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          <Line n={11} />
          之后，<code>w</code> 是什么样的？
        </>
      ),
      choices: [
        '0.5，仍是要梯度的叶子',
        '0.5，但不再要梯度：它是在 no_grad 里写的',
        '0.5，但不再是叶子：它成了减法的结果',
        '还是 1：no_grad 里什么都不会改',
      ],
      right: 0,
      because: () => (
        <>
          <p>
            1 − 0.1 × 5 = 0.5，写回同一个张量。<code>requires_grad</code>{' '}
            是张量自己的标志，不会变。减法没有被记录，所以没有 <code>grad_fn</code>，<code>w</code>{' '}
            还是叶子，可以直接进入下一轮。
          </p>
          <p>
            小心别写成 <code>w = w - 0.1 * w.grad</code>。那是在 <code>no_grad</code> 里造了一个新张量：值也是
            0.5，却不要梯度了，下一次 <code>backward()</code> 就无路可走。
          </p>
        </>
      ),
    },
    code: zh,
  },
};
