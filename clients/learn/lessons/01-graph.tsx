import type { Lesson } from '../src/lesson';
import { Tex } from '../src/math';
import { Line, Term } from '../src/prose';
import en from './01-graph.en.py';
import zh from './01-graph.zh.py';

export const graph: Lesson = {
  id: 'graph',
  number: 1,
  en: {
    goal: 'You will know what PyTorch writes down while your code computes.',
    prose: () => (
      <>
        <p>
          Take <Tex t="y = (x + w) \cdot (w + 1)" /> with <code>w</code> = 1 and <code>x</code> = 2. The program goes in
          three small steps, because small steps have easy derivatives: <code>a</code> is 2 + 1 = 3, <code>b</code> is 1
          + 1 = 2, and <code>y</code> is 3 × 2 = 6.
        </p>
        <p>
          Both inputs were made with <Term is="requires_grad">requires_grad=True</Term>. It means:{' '}
          <em>later I will ask how the result changes with you.</em> From then on PyTorch takes notes. Go to{' '}
          <Line n={7} />: a box for <code>a</code> appears, joined to <code>x</code> and <code>w</code>. With{' '}
          <Line n={8} /> comes <code>b</code>, and <Line n={9} /> joins <code>a</code> and <code>b</code> into{' '}
          <code>y</code>. This drawing is the <Term is="graph" />. A box is a tensor; a connection says what it was
          computed from.
        </p>
        <p>
          Each note is called <Term is="grad_fn" />. Look at what is printed: <code>y</code> carries{' '}
          <code>MulBackward0</code>, which says “a multiplication made me, and I know the way back through it”.{' '}
          <code>a</code> and <code>b</code> carry <code>AddBackward0</code>. <code>w</code> has no such note. Nothing
          computed it; you typed it in.
        </p>
        <p>
          Nobody declared this graph beforehand. It grows while the lines run, and holds only what really ran: a branch
          of an <code>if</code> that is not taken leaves nothing. Run the lines again, and you get a new graph.
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          <code>w</code> is used twice, in <Line n={7} /> and in <Line n={8} />. How does it appear in the finished
          graph?
        </>
      ),
      choices: [
        'As one box, joined to both a and b',
        'As two boxes, one for each use',
        'As three boxes: one for making it and one for each use',
        'Not at all: it is an input, and the graph holds only results',
      ],
      right: 0,
      because: () => (
        <>
          <p>
            A box is a tensor, not a mention of its name. There is one tensor <code>w</code>, and both lines use that
            one.
          </p>
          <p>
            So two ways lead from <code>w</code> to <code>y</code>: one through <code>a</code>, one through{' '}
            <code>b</code>. Keep them in mind. In lesson 3 each of them brings <code>w</code> a part of its gradient.
          </p>
        </>
      ),
    },
    code: en,
  },
  zh: {
    goal: '知道代码在计算的同时，PyTorch 悄悄记下了什么。',
    prose: () => (
      <>
        <p>
          来看 <Tex t="y = (x + w) \cdot (w + 1)" />
          ，其中 <code>w</code> = 1，<code>x</code> = 2。程序把它拆成三小步，因为步子越小，导数越好求：
          <code>a</code> 是 2 + 1 = 3，<code>b</code> 是 1 + 1 = 2，<code>y</code> 是 3 × 2 = 6。
        </p>
        <p>
          两个输入创建时都写了 <Term is="requires_grad">requires_grad=True</Term>，意思是：
          <em>待会儿我要问，结果会怎样随你变化。</em>
          从这时起，PyTorch 就开始记账。走到
          <Line n={7} />
          ：多出一个方框 <code>a</code>，连着 <code>x</code> 和 <code>w</code>。<Line n={8} />
          添上 <code>b</code>，<Line n={9} />
          再把 <code>a</code> 和 <code>b</code> 合成 <code>y</code>。画出来的这张图就是
          <Term is="graph" />
          ：方框是张量，连线表示谁由谁算出来。
        </p>
        <p>
          每一笔账叫做 <Term is="grad_fn" />
          。看看打印的结果：<code>y</code> 带着 <code>MulBackward0</code>，等于说“我是乘出来的，往回怎么走我知道”；
          <code>a</code> 和 <code>b</code> 带着 <code>AddBackward0</code>。<code>w</code>{' '}
          身上没有这笔账，因为它不是算出来的，是你自己写下的。
        </p>
        <p>
          没有人事先声明过这张图。代码跑到哪里，图就长到哪里，真正执行过的运算才会留下痕迹；<code>if</code>{' '}
          没走到的分支，图里就没有。同样的代码再跑一遍，得到的是一张新图。这就是常说的“动态图”。
        </p>
      </>
    ),
    ask: {
      question: () => (
        <>
          <code>w</code> 用了两次，分别在
          <Line n={7} />和<Line n={8} />
          。在画好的图里，它是什么样子？
        </>
      ),
      choices: [
        '一个方框，同时连着 a 和 b',
        '两个方框，每用一次就有一个',
        '三个方框：创建时一个，每次使用再各一个',
        '图里没有它：它是输入，图里只有结果',
      ],
      right: 0,
      because: () => (
        <>
          <p>
            方框代表张量，不代表名字出现了几次。<code>w</code> 只有一个，两行用的都是它。
          </p>
          <p>
            所以从 <code>w</code> 到 <code>y</code> 有两条路：一条经过 <code>a</code>，一条经过 <code>b</code>
            。先记住它们，到第 3 课，两条路会各给 <code>w</code> 带回一份梯度。
          </p>
        </>
      ),
    },
    code: zh,
  },
};
