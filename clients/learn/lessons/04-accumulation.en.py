import torch

x = torch.ones(2, 2, requires_grad=True)

for i in range(3):
    y = x + 2
    z = 3 * y * y
    out = z.mean()
    out.backward()
    print(f"pass {i + 1}:")
    print(x.grad)
