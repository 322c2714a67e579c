"""What a function's archive is made of: its bytes, its pinned requirements, and the wheels for where it runs."""
