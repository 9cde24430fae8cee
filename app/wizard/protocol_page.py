from app.wizard.plan import Plan
from app.wizard.step import Step


class ProtocolPage(Step):
    def show_plan(self, plan: Plan) -> None: ...
