import type { Lesson } from '../src/lesson';
import { Tex } from '../src/math';
import { Line, Term } from '../src/prose';
import en from './04-accumulation.en.py';
import zh from './04-accumulation.zh.py';

export const accumulation: Lesson = {
  id: 'accumulation',
  number: 4,
  en: {
    goal: 'You will know what another backward does to the gradient that is already there.',
    prose: () => (
      <>
        <p>
          This time <code>x</code> is a table of four ones. All four go the same way, so follow one of them. In{' '}
          <Line n={6} /> it becomes 1 + 2 = 3, in <Line n={7} /> 3 × 3 × 3 = 27, and <Line n={8} /> takes the mean of
          the four: 27.
        </p>
        <p>
          Now back, in <Line n={9} />. Each entry of <code>z</code> makes up a quarter of the mean, so it is handed
          0.25. The derivative of <Tex t="z = 3 \cdot y^2" /> is <Tex t="6 \cdot y" />, here 18. Adding 2 changes
          nothing. That makes 0.25 × 18 = 4.5, as printed after pass 1. In the graph you can watch it come in two parts:{' '}
          <code>y</code> is a factor twice, and each time is handed 2.25.
        </p>
        <p>
          Then the loop goes round. The lines run again on the same <code>x</code> and build a new graph. Look closely
          at the last step of that pass, where the gradient reaches <code>x</code>: it is not written over{' '}
          <code>x.grad</code>, it is <em>added</em> to it. This is <Term is="accumulation" />.
        </p>
        <p>
          There is a reason. In lesson 3 the parts that met at <code>w</code> were added. Two losses, or a batch that is
          cut into smaller ones, are only more parts of the same sum. PyTorch cannot know where one sum ends and the
          next begins. That is for you to say, and lesson 5 says how.
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          What does each entry of <code>x.grad</code> show in <Line n={11} /> after the third pass?
        </>
      ),
      choices: [
        '4.5: the gradient at x = 1 is 4.5, however often one asks',
        '13.5: three times 4.5, added',
        '18: it doubles with every pass, 4.5, 9, 18',
        'None of these: x has moved in the meantime, so the gradient has changed',
      ],
      right: 1,
      because: () => (
        <>
          <p>
            <code>backward()</code> writes into <code>x.grad</code> and never into <code>x</code>. So <code>x</code> is
            still all ones, and every pass brings the same 4.5: first 4.5, then 4.5 + 4.5 = 9, then 9 + 4.5 = 13.5.
          </p>
          <p>
            The first two numbers look like doubling, and that is how the mistake is often described. Only the third
            tells adding from doubling.
          </p>
        </>
      ),
    },
    code: en,
  },
  zh: {
    goal: '知道再做一次反向传播，已有的梯度会怎样。',
    prose: () => (
      <>
        <p>
          这次 <code>x</code> 是 2 × 2 的四个 1。四个元素走的路一模一样，盯住其中一个就行：
          <Line n={6} />
          变成 1 + 2 = 3，
          <Line n={7} />
          变成 3 × 3 × 3 = 27，
          <Line n={8} />
          对四个 27 求平均，还是 27。
        </p>
        <p>
          <Line n={9} />
          开始往回走。<code>z</code> 的每个元素占平均值的四分之一，分到 0.25。
          <Tex t="z = 3 \cdot y^2" /> 的导数是 <Tex t="6 \cdot y" />
          ，这里等于 18。加 2 不影响导数。合起来 0.25 × 18 = 4.5，正是第 1 次打印的数。在图里还能看到它是分两份来的：
          <code>y</code> 当了两次因子，每次分到 2.25。
        </p>
        <p>
          接着循环进入下一轮。同样的几行代码，对着同一个 <code>x</code>{' '}
          再跑一遍，搭出一张新图。仔细看这次反向的最后一步，梯度到达 <code>x</code> 的时候：它没有覆盖{' '}
          <code>x.grad</code>，而是<em>加</em>了上去。这就是
          <Term is="accumulation" />。
        </p>
        <p>
          这样设计是有道理的。第 3 课里，两条路在 <code>w</code>{' '}
          会合，带来的梯度就是相加。两个损失，或者一个大批次拆成几个小批次，也不过是同一个和里多了几项。一个和到哪里算完、下一个从哪里开始，PyTorch
          无从知道，得由你来说。怎么说，下一课见。
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          第 3 次反向传播之后，
          <Line n={11} />
          打印的 <code>x.grad</code> 每个元素是多少？
        </>
      ),
      choices: [
        '4.5：x = 1 处的梯度就是 4.5，问几次都一样',
        '13.5：三个 4.5 相加',
        '18：每次翻一倍，4.5、9、18',
        '都不对：x 已经变了，梯度也跟着变了',
      ],
      right: 1,
      because: () => (
        <>
          <p>
            <code>backward()</code> 只写 <code>x.grad</code>，从不改 <code>x</code>。<code>x</code> 始终是四个
            1，每次带来的都是同样的 4.5：先是 4.5，然后 4.5 + 4.5 = 9，再然后 9 + 4.5 = 13.5。
          </p>
          <p>前两个数看上去像翻倍，所以常有人说“梯度翻倍了”。到第三个数，才分得出是相加还是翻倍。</p>
        </>
      ),
    },
    code: zh,
  },
};
