import torch

w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)

a = x + w
b = w + 1
y = a * b

y.backward(retain_graph=True)
print("第一次:", w.grad)
y.backward()
print("第二次:", w.grad)
y.backward()
