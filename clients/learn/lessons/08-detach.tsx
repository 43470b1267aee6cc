import type { Lesson } from '../src/lesson';
import { Tex } from '../src/math';
import { Line, Term } from '../src/prose';
import en from './08-detach.en.py';
import zh from './08-detach.zh.py';

export const detach: Lesson = {
  id: 'detach',
  number: 8,
  en: {
    goal: 'You will know how to take a number out of the graph, and what it still shares with it.',
    prose: () => (
      <>
        <p>
          Sometimes you want the number and not its history: to plot it, to compare with it, to stop gradients at this
          point. <Term is="detach" /> gives you a tensor with the same number, without a <code>grad_fn</code>, and with{' '}
          <code>requires_grad</code> off.
        </p>
        <p>
          Go to <Line n={7} />. <code>c</code> is 3, like <code>a</code>. But no way leads back from <code>c</code>: it
          might as well be a 3 that you typed in. In <Line n={9} /> <code>y</code> = 3 × 2 = 6, as in lesson 3. On the
          way forward nothing has changed.
        </p>
        <p>
          On the way back much has. Step through <Line n={10} />. <code>x</code> was used in <code>a</code> alone, and
          from <code>y</code> no way leads to <code>a</code> any more. So nothing arrives at <code>x</code>, and{' '}
          <code>x.grad</code> is <code>None</code>. Not 0: nothing.
        </p>
        <p>
          And <code>detach()</code> copies nothing. Both tensors show the same <Term is="storage" />. What{' '}
          <Line n={15} /> writes through <code>d</code> shows when the last line prints <code>w</code>: 999 there too.
          If you want a number of your own, say <code>w.detach().clone()</code>.
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          In lesson 3 <code>w.grad</code> was 5. What does it become in <Line n={10} /> here?
        </>
      ),
      choices: [
        '5: y is the same number as before, so its gradient is the same too',
        '3: only the way through b is left',
        '2: only the way through a is left',
        'None: y can no longer be differentiated',
      ],
      right: 1,
      because: () => (
        <>
          <p>
            Two ways led from <code>w</code> to <code>y</code>. The one through <code>a</code> brought 2, the one
            through <code>b</code> brought 3. <code>c</code> has cut the first. What is left is{' '}
            <Tex t="\frac{\partial y}{\partial w} = c \times 1 = 3" />.
          </p>
          <p>
            Is 3 the truth? If you raised <code>w</code> and ran the program again, <code>y</code> would still grow five
            times as fast. <code>detach()</code> does not change what depends on what. It tells PyTorch to look away:
            take this for a constant.
          </p>
        </>
      ),
    },
    code: en,
  },
  zh: {
    goal: '知道怎样把一个数从计算图里拿出来，也知道它和图里还共用着什么。',
    prose: () => (
      <>
        <p>
          有时只想要数值，不要它的来历：画曲线、当参照，或者让梯度到此为止。
          <Term is="detach" /> 返回一个新张量，数值相同，没有 <code>grad_fn</code>，<code>requires_grad</code>{' '}
          是关着的。
        </p>
        <p>
          走到
          <Line n={7} />。<code>c</code> 和 <code>a</code> 一样是 3，可从 <code>c</code>{' '}
          没有路往回走，就当它是你手写的一个 3 好了。
          <Line n={9} />的 <code>y</code> = 3 × 2 = 6，和第 3 课一样。前向的结果一点没变。
        </p>
        <p>
          变的是回来的路。一步步看
          <Line n={10} />：<code>x</code> 只用在 <code>a</code> 里，而从 <code>y</code> 已经没有路通到 <code>a</code>{' '}
          了。什么都传不到 <code>x</code>，<code>x.grad</code> 就是 <code>None</code>。注意不是 0，是根本没有。
        </p>
        <p>
          还有，<code>detach()</code> 不复制数据，两个张量看的是同一块
          <Term is="storage" />。<Line n={15} />
          通过 <code>d</code> 写进 999，最后一行打印的却是 <code>w</code>：也成了 999。想要一份自己的数据，就写{' '}
          <code>w.detach().clone()</code>。
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          第 3 课里 <code>w.grad</code> 是 5。在这里，
          <Line n={10} />
          之后它是多少？
        </>
      ),
      choices: [
        '5：y 的值和原来一样，梯度自然也一样',
        '3：只剩经过 b 的那条路',
        '2：只剩经过 a 的那条路',
        'None：y 已经不能求导了',
      ],
      right: 1,
      because: () => (
        <>
          <p>
            从 <code>w</code> 到 <code>y</code> 本来有两条路：经过 <code>a</code> 的带来 2，经过 <code>b</code> 的带来
            3。<code>c</code> 切断了前一条，剩下的是 <Tex t="\frac{\partial y}{\partial w} = c \times 1 = 3" />。
          </p>
          <p>
            3 是真实的导数吗？把 <code>w</code> 调大一点，重新运行，<code>y</code> 还是会以 5 倍的速度增长。
            <code>detach()</code> 改变不了谁依赖谁，它只是让 PyTorch 别往那边看：这里当常数处理。
          </p>
        </>
      ),
    },
    code: zh,
  },
};
