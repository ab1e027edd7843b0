"""The smallest web application that needs its dependencies."""

from flask import Flask

app = Flask(__name__)


@app.route("/")
def greet() -> str:
    return "Web App with Python Flask!\n"


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000)
