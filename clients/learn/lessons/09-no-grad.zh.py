import torch

w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.])

y = (x + w) * (w + 1)
y.backward()

with torch.no_grad():
    v = (x + w) * (w + 1)       # 同一个算式，不记录
    w -= 0.1 * w.grad           # 直接改叶子

print("y:", y)
print("v:", v)
print("w:", w, "叶子", w.is_leaf)
