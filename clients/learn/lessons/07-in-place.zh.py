import torch

w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)

a = x + w
b = w + 1
a += 1                          # a 还没被用到，先改一次
print("a:", a, "版本", a._version)

y = a * b                       # 乘法把 a 和 b 存下来，留给反向传播
a += 1                          # 存完之后，再改一次
print("a:", a, "版本", a._version)

y.backward()
