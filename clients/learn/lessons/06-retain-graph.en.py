import torch

w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)

a = x + w
b = w + 1
y = a * b

y.backward(retain_graph=True)
print("first:", w.grad)
y.backward()
print("second:", w.grad)
y.backward()
