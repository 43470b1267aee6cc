// follow-words.ts - what the bench for following says.
export const followWords = {
  en: {
    about: 'Drive a session from curl, a notebook or another page; everyone who follows it sees its graph grow here.',
    name: 'Session',
    follow: 'Follow',
    stop: 'Stop following',
    make: 'Make it',
    drive: 'Try it from a terminal:',
    commands: 'Newest requests',
    missing: (n: number) => `${n} earlier events are kept no more.`,
    states: {
      idle: () => 'Nobody is followed.',
      unknown: (name: string) => `There is no session ${name}.`,
      live: (name: string) => `Following ${name}. The graph shows what it does.`,
      again: () => 'The stream was cut; connecting again.',
      ended: (name: string) => `The session ${name} has ended, or takes no more followers.`,
      refused: () => 'The server refused this name.',
    },
  },
  zh: {
    about: '用 curl、笔记本或另一个页面操作一个会话，所有跟随者都能在这里看到计算图的生长。',
    name: '会话',
    follow: '跟随',
    stop: '停止跟随',
    make: '创建它',
    drive: '在终端里试试：',
    commands: '最近的请求',
    missing: (n: number) => `较早的 ${n} 个事件已不再保留。`,
    states: {
      idle: () => '没有跟随任何会话。',
      unknown: (name: string) => `没有名为 ${name} 的会话。`,
      live: (name: string) => `正在跟随 ${name}，图中显示它所做的一切。`,
      again: () => '连接中断，正在重新连接。',
      ended: (name: string) => `会话 ${name} 已结束，或不再接受跟随者。`,
      refused: () => '服务器拒绝了这个名称。',
    },
  },
};
