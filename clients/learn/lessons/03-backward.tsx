import type { Lesson } from '../src/lesson';
import { Tex } from '../src/math';
import { Line, Term } from '../src/prose';
import en from './03-backward.en.py';
import zh from './03-backward.zh.py';

export const backward: Lesson = {
  id: 'backward',
  number: 3,
  en: {
    goal: 'You will be able to follow a gradient by hand from the result back to a leaf.',
    prose: () => (
      <>
        <p>
          <code>y</code> is 6. If <code>x</code> were a little larger, how much larger would <code>y</code> be, per unit
          of <code>x</code>? That number is the <Term is="gradient" /> <Tex t="\frac{\partial y}{\partial x}" />.{' '}
          <code>y.backward()</code> finds it for all leaves in one walk, from <code>y</code> back. For that{' '}
          <code>y</code> has to be a <Term is="scalar" />: a single number that can be larger or smaller.
        </p>
        <p>
          Go to <Line n={11} /> and step on slowly. The walk begins with <Tex t="\frac{\partial y}{\partial y} = 1" />.
          First comes the multiplication. If <code>a</code> grew by 1, <code>y</code> would grow by <code>b</code> = 2;
          if <code>b</code> grew by 1, <code>y</code> would grow by <code>a</code> = 3. These factors are the{' '}
          <Term is="local derivative">local derivatives</Term>. So <code>a</code> is handed 1 × 2 = 2, and{' '}
          <code>b</code> is handed 1 × 3 = 3. Multiplying on from step to step is the <Term is="chain rule" />.
        </p>
        <p>
          Then the additions. In a sum every input counts one to one, so the local derivative is 1, and what arrives is
          passed on unchanged. <code>x</code> is used in <code>a</code> only. It gets 2 × 1 = 2, and that is{' '}
          <code>x.grad</code>.
        </p>
        <p>
          What about the tensors between? A gradient passed through <code>a</code>, but <code>a</code> is no leaf, and{' '}
          <code>a.grad</code> stays <code>None</code>. <code>b</code> kept its 3, because <Line n={8} /> asked for it
          with <Term is="retain_grad" />.
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          <code>w</code> is used both in <code>a</code> and in <code>b</code>. What will <code>w.grad</code> be?
        </>
      ),
      choices: [
        '2: what comes by way of a, the first to use it',
        '3: what comes by way of b, the last to use it',
        '5: both, added',
        '6: both, multiplied, by the chain rule',
      ],
      right: 2,
      because: () => (
        <>
          <p>
            Along one way you multiply; where ways meet you add. By way of <code>a</code> come 1 × 2 × 1 = 2, by way of{' '}
            <code>b</code> come 1 × 3 × 1 = 3, and <Tex t="\frac{\partial y}{\partial w} = 2 + 3 = 5" />.
          </p>
          <p>
            You can check it without any theory. Raise <code>w</code> from 1 to 1.01: <code>a</code> becomes 3.01,{' '}
            <code>b</code> 2.01, and <code>y</code> 6.0501. An extra 0.01 in <code>w</code> made 0.0501 in{' '}
            <code>y</code>, five times as much. The last 0.0001 fades as the nudge gets smaller.
          </p>
        </>
      ),
    },
    code: en,
  },
  zh: {
    goal: '能用手算，把梯度从结果一步步追回叶子。',
    prose: () => (
      <>
        <p>
          现在 <code>y</code> 是 6。如果 <code>x</code> 稍微大一点，<code>y</code> 会大多少？按单位算，这个数就是
          <Term is="gradient" /> <Tex t="\frac{\partial y}{\partial x}" />。<code>y.backward()</code> 从 <code>y</code>{' '}
          出发往回走一趟，就把所有叶子的梯度都求了出来。为此 <code>y</code> 得是
          <Term is="scalar" />
          ：只有一个数，才谈得上变大变小。
        </p>
        <p>
          走到
          <Line n={11} />
          ，一步一步慢慢看。起点是 <Tex t="\frac{\partial y}{\partial y} = 1" />
          。先遇到乘法：<code>a</code> 多 1，
          <code>y</code> 就多一个 <code>b</code>，也就是 2；<code>b</code> 多 1，<code>y</code> 就多一个 <code>a</code>
          ，也就是 3。这两个倍数就是
          <Term is="local derivative" />
          。于是 <code>a</code> 分到 1 × 2 = 2，<code>b</code> 分到 1 × 3 = 3。一步接一步地乘下去，就是
          <Term is="chain rule" />。
        </p>
        <p>
          再来是加法。加法里每个输入都是一比一地起作用，局部导数是 1，传来多少就原样传下去多少。<code>x</code> 只用在{' '}
          <code>a</code> 里，得到 2 × 1 = 2，这就是 <code>x.grad</code>。
        </p>
        <p>
          中间的张量呢？梯度从 <code>a</code> 身上经过，但它不是叶子，所以 <code>a.grad</code> 还是 <code>None</code>。
          <code>b</code> 留住了 3，因为
          <Line n={8} />用 <Term is="retain_grad" /> 事先说过要留。
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          <code>w</code> 既用在 <code>a</code> 里，也用在 <code>b</code> 里。<code>w.grad</code> 会是多少？
        </>
      ),
      choices: [
        '2：从 a 那边来的，a 先用到它',
        '3：从 b 那边来的，b 最后用到它',
        '5：两边相加',
        '6：两边相乘，这是链式法则',
      ],
      right: 2,
      because: () => (
        <>
          <p>
            同一条路上相乘，几条路会合时相加。经过 <code>a</code> 来的是 1 × 2 × 1 = 2，经过 <code>b</code> 来的是 1 × 3
            × 1 = 3，所以 <Tex t="\frac{\partial y}{\partial w} = 2 + 3 = 5" />。
          </p>
          <p>
            不用理论也能验证。把 <code>w</code> 从 1 调到 1.01：<code>a</code> 变成 3.01，<code>b</code> 变成 2.01，
            <code>y</code> 变成 6.0501。
            <code>w</code> 多了 0.01，<code>y</code> 多了 0.0501，差不多正好 5 倍；零头 0.0001
            会随着调整幅度变小而消失。
          </p>
        </>
      ),
    },
    code: zh,
  },
};
