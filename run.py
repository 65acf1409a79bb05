if __name__ == "__main__":  # worker processes import this file too, and need nothing of it
    from model.cli import main

    raise SystemExit(main())
