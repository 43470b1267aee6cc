import torch

w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)

for i in range(3):
    y = (x + w) * (w + 1)
    y.backward()
    print("w.grad and x.grad:", w.grad, x.grad)
    w.grad.zero_()              # only w's

x.grad = None                   # the other way to clear
print("at the end:", w.grad, x.grad)
